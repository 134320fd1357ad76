#pragma once

namespace appserver::net {

// From now on nobody new gets into the queue of this listening socket, in whichever process it is
// open; those in it can be accepted as before. Closing a listening socket resets whoever is in its
// queue: this makes it possible to empty the queue first, and to know that it stays empty.
//
// TCP: new SYNs are dropped (a filter; handshakes that have begun are finished), so that a client
// tries again after a second, and by then is refused, or finds the next server. Where the kernel
// has no such filters nothing happens, and the queue is only almost certain to stay empty.
// Unix: connect(2) is refused at once.
// Requires: no other server has the socket as well.
void turn_newcomers_away(int listener_fd) noexcept;

}  // namespace appserver::net
