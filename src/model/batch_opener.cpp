#include <array>
#include <optional>

#include "base/limits.hpp"
#include "model/record_batch.hpp"

namespace perigee::model {

/// One decoder per depth, made when that depth is first seen: a record of an outer batch must outlive the inner one.
struct batch_opener::state {
  std::array<std::optional<batch_decoder>, limits::batch_depth_max> decoders;

  result<> open(const origin& here, const record_view& r, std::size_t depth, sink each);
};

batch_opener::batch_opener() : state_(std::make_unique<state>()) {}
batch_opener::~batch_opener() = default;
batch_opener::batch_opener(batch_opener&&) noexcept = default;
batch_opener& batch_opener::operator=(batch_opener&&) noexcept = default;

result<> batch_opener::for_each_message(const origin& here, const record_view& r, sink each) {
  return state_->open(here, r, 0, each);
}

result<> batch_opener::state::open(const origin& here, const record_view& r, std::size_t depth, sink each) {
  if (r.kind != record_kind::batch) {
    each(here, r);
    return {};
  }
  if (depth == decoders.size()) return fail(errc::too_large, "batches stand in batches more than 8 deep");
  PG_TRY(const auto header, peek_batch(r.payload));
  if (!decoders[depth]) decoders[depth].emplace();
  result<> inner;
  PG_TRY_VOID(decoders[depth]->decode(r.payload, [&](log_offset at, const record_view& message) {
    if (inner) inner = open({header.node, header.journal_epoch, at}, message, depth + 1, each);
  }));
  return inner;
}

}  // namespace perigee::model
