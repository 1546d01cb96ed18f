#include "readers/history/queries.hpp"

#include <algorithm>

namespace perigee::readers::history {

result<std::unique_ptr<queries>> queries::open(io::shard& on, const std::string& path) {
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<queries>(new queries());
  for (auto& each : made->desks_) {
    each.at = std::make_shared<place>();
    PG_TRY(each.at->store, store::open({.path = path, .node = {}, .read_only = true}));
    each.worker = on.make_worker("history-query");
  }
  return made;
}

void queries::ask(nanoseconds within, std::shared_ptr<const own_tail> own, question what, done then) {
  auto& free = *std::ranges::min_element(desks_, {}, [](const desk& d) { return d.at->waiting; });
  ++free.at->waiting;
  patience until{clock::now() + within, ended_.get_token()};
  free.worker->submit(
      [at = free.at, own = std::move(own), until = std::move(until), what = std::move(what)]() mutable {
        at->store->see_own(std::move(own));
        at->store->answer_within(std::move(until));
        what(*at->store);
      },
      [at = free.at, then = std::move(then)]() mutable {
        --at->waiting;
        then();
      });
}

}  // namespace perigee::readers::history
