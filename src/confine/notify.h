/* A question to another process before a process is made. */
#ifndef BOXED_NOTIFY_H
#define BOXED_NOTIFY_H

/* From now on a system call that would make a process, and not a thread, waits
 * for an answer on a listener (seccomp_unotify(2)): in this process and in all
 * that come from it.  Needs no_new_privs.  Returns the listener, which is
 * close-on-exec, or -errno: -EBUSY where a container has a listener already.
 */
int notify_of_processes(void);

#endif
