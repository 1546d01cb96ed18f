// Any text, as a rule and as the file of its table, is either refused with diagnostics or runs: on events that are its
// own text among others, as time passes, without a fault, and what it remembers survives a snapshot.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "rules/rule_set.hpp"

namespace {

class nowhere : public perigee::rules::action_sink {
 public:
  void on_publish(const perigee::rules::publish_action&) override {}
  void on_alarm(const perigee::rules::alarm_action&) override {}
  void on_store(const perigee::rules::store_action&) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  const byte_view bytes(data, size);
  const auto text = std::string(as_text(bytes));
  // What a table's file says is of anybody too: good rows, and behind them whatever came.
  const auto file = [&](const std::string& path) -> result<std::string> {
    return path.ends_with("0.csv") ? text : "id,a,b\nm7,1,x\na,2.5,\n" + text;
  };
  auto set = rules::rule_set::load(std::vector<rules::rule_source>{{"fuzz.rule.sql", text}}, file);
  if (!set) {
    if (set.error().empty() || render_all(set.error()).empty()) std::abort();
    return 0;
  }
  nowhere out;
  timestamp now{1'700'000'000'000'000'000};
  constexpr std::string_view json = R"({"temperature":90.5,"state":{"running":true},"a":"text","list":[1,{"b":null}]})";
  for (const auto payload : {as_bytes(json), bytes}) {
    for (const auto* topic : {"in", "site/north/machine/m7", "a/b"}) {
      set->apply({topic, payload, now, log_offset(1), "client"}, out);
      now = now + std::chrono::seconds(7);
    }
    set->advance(0, now, out);
  }
  byte_buffer snapshot;
  set->snapshot(snapshot);
  if (!set->restore(snapshot, timestamp{}, out)) std::abort();
  byte_buffer again;
  set->snapshot(again);
  if (again != snapshot) std::abort();
  return 0;
}
