/* Asking somebody before a process is made. */
#ifndef BOXED_NOTIFY_H
#define BOXED_NOTIFY_H

/* From now on each call of this process, and of all that come from it, which
 * would make a process and not a thread waits for an answer on a listener, as
 * of seccomp_unotify(2).  Needs no_new_privs.  Returns the listener, which is
 * close-on-exec, or -errno: -EBUSY where a container's own one is in the way.
 */
int notify_of_processes(void);

#endif
