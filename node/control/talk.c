#include "node/control/talk.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "node/base/clock.h"

enum { PIECE_BYTES = 16384, NS_PER_MS = 1000000 };

/* Waits until the socket is ready for `events`, or closed. */
static sch_err wait_for(const sch_talk *talk, short events, uint64_t deadline_ns)
{
    for (;;) {
        struct pollfd set[2] = {{.fd = talk->socket, .events = events}, {.fd = talk->stop, .events = POLLIN}};
        int timeout_ms = -1;
        if (deadline_ns != SCH_TALK_NO_DEADLINE) {
            uint64_t now = sch_clock_ns();
            uint64_t left = now >= deadline_ns ? 0 : (deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS;
            timeout_ms = left > INT_MAX ? INT_MAX : (int)left;
        }
        int ready = poll(set, 2, timeout_ms);
        if (ready < 0 && errno != EINTR) {
            return sch_fail(SCH_IO, "a socket cannot be waited for");
        }
        if (ready > 0 && set[0].revents != 0) { /* first: what can be said at once is said, also at the end */
            return SCH_NONE;
        }
        if (ready > 0) {
            return sch_fail(SCH_TRY_AGAIN, "the node stops");
        }
        if (ready == 0 && timeout_ms == 0) {
            return sch_fail(SCH_TRY_AGAIN, "nothing came for too long");
        }
    }
}

/* Takes the first line of what was read ahead. from: where the search for its end begins. */
static bool take_line(sch_talk *talk, sch_buf *out, size_t from, sch_err *err)
{
    sch_buf *ahead = &talk->ahead;
    const uint8_t *end = ahead->bytes > from ? memchr(ahead->data + from, '\n', ahead->bytes - from) : NULL;
    if (end == NULL) {
        return false;
    }
    size_t bytes = (size_t)(end - ahead->data);
    *err = sch_buf_append(out, ahead->data, bytes);
    memmove(ahead->data, end + 1, ahead->bytes - bytes - 1);
    ahead->bytes -= bytes + 1;
    return true;
}

sch_err sch_talk_read(sch_talk *talk, sch_buf *out, size_t most, uint64_t deadline_ns)
{
    sch_err err = SCH_NONE;
    sch_buf *ahead = &talk->ahead;
    size_t searched = 0;
    sch_buf_clear(out);
    while (!take_line(talk, out, searched, &err)) {
        searched = ahead->bytes;
        SCH_TRY(sch_check(ahead->bytes <= most, SCH_BAD_INPUT, "a line is too long"));
        SCH_TRY(wait_for(talk, POLLIN, deadline_ns));
        SCH_TRY(sch_buf_reserve(ahead, PIECE_BYTES));
        ssize_t got = recv(talk->socket, ahead->data + ahead->bytes, PIECE_BYTES, 0);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        SCH_TRY(sch_check(got > 0, SCH_IO, "the other end closed the connection"));
        ahead->bytes += (size_t)got;
    }
    SCH_TRY(err);
    SCH_TRY(sch_check(out->bytes <= most, SCH_BAD_INPUT, "a line is too long"));
out:
    return err;
}

sch_err sch_talk_write(const sch_talk *talk, const void *data, size_t bytes, uint64_t deadline_ns)
{
    sch_err err = SCH_NONE;
    const uint8_t *at = data;
    while (bytes > 0) {
        SCH_TRY(wait_for(talk, POLLOUT, deadline_ns));
        ssize_t sent = send(talk->socket, at, bytes, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        SCH_TRY(sch_check(sent > 0, SCH_IO, "the other end closed the connection"));
        at += sent;
        bytes -= (size_t)sent;
    }
out:
    return err;
}

void sch_talk_clear(sch_talk *talk)
{
    sch_buf_clear(&talk->ahead);
}
