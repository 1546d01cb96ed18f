#pragma once

#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "doors/mqtt/trace.hpp"

namespace perigee::doors::mqtt {

class link;

namespace detail {

enum class direction : std::uint8_t { received, sent };

/// Who traces which client: at most limits::mqtt_traces_max. A link that is traced hands over the packets that it read
/// and wrote, as they were on the wire; a link that is not costs nothing here. Owned by the broker, on its shard.
class traces {
 public:
  struct watch {
    std::string client_id;
    trace_callback tell;
  };
  using handle = std::list<watch>::iterator;

  [[nodiscard]] bool full() const;
  [[nodiscard]] handle add(std::string_view client_id, trace_callback tell);
  void remove(handle which) { watches_.erase(which); }
  [[nodiscard]] bool covers(std::string_view client_id) const;

  /// `packets` are whole. The link is not traced any more where nobody watches its client.
  void saw(link& on, direction which, byte_view packets, timestamp at);
  /// While a `reading` lasts it is told afterwards: the packet that ends a connection comes before its end.
  void closed(link& on, const departure& how);

  class reading {
   public:
    explicit reading(traces& of) : of_(of) { of_.is_reading_ = true; }
    ~reading() {
      of_.is_reading_ = false;
      if (!of_.ended_.empty()) of_.tell_ended();
    }
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;

   private:
    traces& of_;
  };

 private:
  struct ended {
    std::string client_id;
    std::string address;
    departure how;
  };
  void tell(std::string_view client_id, const traced_event& event);
  void tell_end(const ended& of);
  void tell_ended();

  std::list<watch> watches_;
  std::vector<ended> ended_;
  bool is_reading_ = false;
};

}  // namespace detail
}  // namespace perigee::doors::mqtt
