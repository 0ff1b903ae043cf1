/* A worker's waiting for its request, and its giving up. */
#ifndef BOXED_REQUEST_H
#define BOXED_REQUEST_H

/* Whether a request, or the end of the call, is there within milliseconds:
 * 1, 0 or -errno. */
int request_await(int fd, int milliseconds);

/* Takes no request from now on: whoever sends one is told so by EPIPE.
 * Returns 1 where one was sent before, 0, or -errno. */
int request_refuse(int fd);

#endif
