#include "cli/run_to_end.hpp"

#include "io/scope.hpp"

namespace perigee::cli {
namespace {

io::task<> then_stop(io::shard& on, io::task<> what, result<>& how) {
  how = co_await std::move(what);
  on.stop();
  co_return result<>();
}

}  // namespace

result<> run_to_end(io::shard& on, io::task<> what) {
  result<> how;
  io::scope scope(on);
  scope.spawn("cli", then_stop(on, std::move(what), how));
  (void)on.poll();  // also lets a shard that was stopped before run again
  on.run();
  // What the last coroutine left to be done, its own end among it.
  while (on.poll()) {
  }
  return how;
}

}  // namespace perigee::cli
