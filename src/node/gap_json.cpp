#include "node/gap_json.hpp"

#include <boost/json.hpp>

#include "api/json_answer.hpp"

namespace perigee::node {

boost::json::object to_json(std::string_view node, const model::gap& g) {
  boost::json::array topics;
  for (const auto& part : g.parts) topics.push_back({{"topic", part.topic}, {"messages", part.messages}});
  return {{"node", node},
          {"lane", model::name_of(g.lane)},
          {"first", g.first.value()},
          {"last", g.last.value()},
          {"count", g.count},
          {"messages", g.messages()},
          {"reason", model::name_of(g.reason)},
          {"oldest", api::time_or_null(g.oldest)},
          {"newest", api::time_or_null(g.newest)},
          {"topics", std::move(topics)},
          {"others", g.others},
          {"sentence", model::describe(g)}};
}

api::answer list_gaps(const readers::history::history_reader* history) {
  boost::json::array all;
  if (history != nullptr) {
    for (const auto& each : history->gaps()) {
      if (const auto g = model::decode_gap(each.body)) all.push_back(to_json(each.node, *g));
    }
  }
  return api::json_answer(boost::json::object{{"gaps", std::move(all)}});
}

}  // namespace perigee::node
