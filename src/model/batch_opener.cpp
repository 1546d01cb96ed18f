#include <array>
#include <optional>

#include "base/limits.hpp"
#include "model/record_batch.hpp"

namespace perigee::model {

/// One decoder per depth, made when that depth is first seen: a record of an outer batch must outlive the inner one.
struct batch_opener::state {
  std::array<std::optional<batch_decoder>, limits::batch_depth_max> decoders;

  struct visitors {
    chooser wanted;
    counter passed;
    sink each;
  };
  result<> open(const origin& here, const record_view& r, std::size_t depth, const visitors& to);
};

batch_opener::batch_opener() : state_(std::make_unique<state>()) {}
batch_opener::~batch_opener() = default;
batch_opener::batch_opener(batch_opener&&) noexcept = default;
batch_opener& batch_opener::operator=(batch_opener&&) noexcept = default;

result<> batch_opener::for_each_message(const origin& here, const record_view& r, sink each) {
  return for_each_message(here, r, [](const record_view&) { return true; }, [](std::uint32_t) {}, each);
}

result<> batch_opener::for_each_message(const origin& here, const record_view& r, chooser wanted, counter passed,
                                        sink each) {
  // What stands in an inner batch is known when that one is opened.
  const auto may_want = [&](const record_view& sender) { return sender.kind == record_kind::batch || wanted(sender); };
  return state_->open(here, r, 0, {may_want, passed, each});
}

result<> batch_opener::state::open(const origin& here, const record_view& r, std::size_t depth, const visitors& to) {
  if (r.kind != record_kind::batch) {
    to.each(here, r);
    return {};
  }
  if (depth == decoders.size()) return fail(errc::too_large, "batches stand in batches more than 8 deep");
  PG_TRY(const auto header, peek_batch(r.payload));
  if (!decoders[depth]) decoders[depth].emplace();
  result<> inner;
  const auto descend = [&](log_offset at, const record_view& message) {
    if (inner) inner = open({header.node, header.journal_epoch, at}, message, depth + 1, to);
  };
  PG_TRY(const bool opened, decoders[depth]->decode_if(r.payload, to.wanted, descend));
  if (!opened) to.passed(header.records);
  return inner;
}

}  // namespace perigee::model
