#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <utility>

namespace perigee::io {

class layer;

/// The connections of one listener: how many are open, and those that are still being greeted, the oldest first. Shared
/// by the listener and its connections, which may outlast it; on one shard.
struct arrivals {
  std::uint32_t open = 0;
  std::list<layer*> greeting;
};

/// Counts a connection as open for as long as its socket is.
class open_connection {
 public:
  open_connection() = default;
  explicit open_connection(std::shared_ptr<arrivals> among) : among_(std::move(among)) {
    if (among_) ++among_->open;
  }
  open_connection(open_connection&&) noexcept = default;
  open_connection& operator=(open_connection&&) = delete;
  ~open_connection() {
    if (among_) --among_->open;
  }

  [[nodiscard]] const std::shared_ptr<arrivals>& among() const { return among_; }

 private:
  std::shared_ptr<arrivals> among_;  // null: of no listener
};

/// A connected socket on its way into a channel, which closes it.
struct owned_socket {
  int descriptor = -1;
  open_connection counted{};
};

/// Stands in the list while a connection is being greeted. One more than limits::greetings_max, and the oldest is
/// closed: whoever is slow on purpose keeps nobody else out.
class greeting {
 public:
  explicit greeting(layer& of);
  ~greeting();
  greeting(const greeting&) = delete;
  greeting& operator=(const greeting&) = delete;

 private:
  arrivals* among_;
  std::list<layer*>::iterator place_;
};

}  // namespace perigee::io
