#pragma once

#include <memory>

#include "base/bytes.hpp"
#include "doors/mqtt/access_port.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::doors::mqtt::detail {

/// A client between its CONNECT and our CONNACK: the packet, which is needed once it is known who sent it. Its password
/// is not kept. Owned by the link.
class newcomer {
 public:
  explicit newcomer(const wire::mqtt::connect& hello);
  newcomer(const newcomer&) = delete;
  newcomer& operator=(const newcomer&) = delete;

  [[nodiscard]] const wire::mqtt::connect& hello() const { return hello_; }

  std::unique_ptr<authentication_exchange> exchange;  // null: a password is being checked

 private:
  byte_buffer packet_;
  wire::mqtt::connect hello_;  // views into it
};

/// Who a client was let in as.
struct admitted {
  std::string name;
  std::unique_ptr<rights> may;  // null: everything
};

}  // namespace perigee::doors::mqtt::detail
