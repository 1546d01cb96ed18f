#pragma once

#include "api/doorkeeper.hpp"
#include "api/question.hpp"
#include "api/refusals.hpp"
#include "api/route.hpp"

namespace perigee::api {

/// One request that changed something, or would have.
struct deed {
  timestamp at{};
  caller who{};
  std::string what{};  // the route's summary
  std::string of{};    // the path
  unsigned status = 0;
};

/// Who keeps account of them. Outlives the dispatcher.
class audit_port {
 public:
  virtual ~audit_port() = default;
  virtual void record(const deed& done) = 0;
  virtual void record(const refusal& told) = 0;
};

/// From a request to its answer: finds the route, asks the doorkeeper, reads the parameters, calls the handler. Owned
/// by the server, on its shard.
class dispatcher {
 public:
  /// `audit` may be null.
  dispatcher(routes served, doorkeeper keeper, audit_port* audit);

  [[nodiscard]] io::task<answer> respond(question asked);

  /// What can be said without calling a handler: for respond, tests and the fuzzer.
  struct finding {
    const route* wanted = nullptr;  // null: there is none
    const route* chosen = nullptr;  // null: `refusal` says why
    std::string method{};
    std::string path{};
    request asked{};  // of the handler
    answer refusal{};
  };
  [[nodiscard]] finding find(question asked, timestamp now) const;
  /// How large a body is read behind this head: that of its route, for who may ask there.
  [[nodiscard]] std::uint32_t body_bytes_max(question head, timestamp now) const;
  /// A request was refused for who asks: counted, to be seen from outside.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// Logs a refusal that came before any route, unless the like was told of late.
  void note(refusal one);
  /// Tells of the refusals that were held back.
  void tick();

 private:
  void account_for(const finding& found, const caller& who, const answer& made);
  void tell(const refusal& one);
  routes served_;
  doorkeeper keeper_;
  audit_port* audit_;
  refusals held_back_;
  std::uint64_t refused_ = 0;
};

}  // namespace perigee::api
