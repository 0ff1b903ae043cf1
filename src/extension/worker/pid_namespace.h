/* A call that may have several processes. */
#ifndef BOXED_PID_NAMESPACE_H
#define BOXED_PID_NAMESPACE_H

/* To be called right after unshare(CLONE_NEWPID), with the capabilities of
 * the new user namespace.  Returns 0 in a grandchild without capabilities,
 * which goes on as the worker; or -errno, in whichever process failed.  The
 * calling process and the child between never return: when the worker ends,
 * everything it left behind ends, and the calling process ends as it did, and
 * tells on the report socket what the kernel charged it.  The worker and what
 * it makes are `processes` at a time, and no more: beyond that fork fails with
 * EAGAIN.  On `watch`, if it is not -1, the child
 * between is told how much memory they may have together, and tells what it
 * saw (struct frame_memory). */
int pid_namespace_enter(int report, unsigned processes, int watch);

#endif
