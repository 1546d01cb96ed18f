#include "io/turn_end.hpp"

#include <boost/asio.hpp>

#include "io/detail/poller.hpp"
#include "io/shard.hpp"

namespace perigee::io {

struct turn_end::state {
  std::move_only_function<void()> what;
  bool requested = false;
};

turn_end::turn_end(shard& on, std::move_only_function<void()> what)
    : on_(on), state_(std::make_shared<state>(std::move(what), false)) {}

turn_end::~turn_end() { state_->what = nullptr; }

void turn_end::request() {
  if (std::exchange(state_->requested, true)) return;
  auto run = [of = state_] {
    of->requested = false;
    if (of->what) of->what();
  };
  auto* poller = on_.existing_poller();
  if (poller != nullptr && poller->in_turn()) return poller->at_turn_end(std::move(run));
  boost::asio::post(on_.context(), std::move(run));
}

}  // namespace perigee::io
