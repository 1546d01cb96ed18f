#include "readers/history/sequence_account.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace perigee::readers::history {
namespace {

constexpr std::uint8_t account_version = 1;

}  // namespace

sequence_account::verdict sequence_account::add(std::uint64_t number) {
  if (number < unjudged_below_) {
    ++seen_;
    return verdict::unjudged;
  }
  // The first run that ends at or behind the number; nearly always there is none, or it is the last.
  auto after = runs_.end();
  if (!runs_.empty() && number <= runs_.back().last) after = std::ranges::lower_bound(runs_, number, {}, &run::last);
  if (after != runs_.end() && after->first <= number) {
    ++doubled_;
    return verdict::doubled;
  }
  ++seen_;
  const bool joins_before = after != runs_.begin() && std::prev(after)->last + 1 == number;
  const bool joins_after = after != runs_.end() && after->first == number + 1;
  if (joins_before && joins_after) {
    std::prev(after)->last = after->last;
    runs_.erase(after);
  } else if (joins_before) {
    std::prev(after)->last = number;
  } else if (joins_after) {
    after->first = number;
  } else {
    runs_.insert(after, {number, number});
  }
  if (runs_.size() > limits::history_runs_max) {
    runs_[1].first = runs_[0].first;
    runs_.erase(runs_.begin());
    unjudged_below_ = runs_[0].last + 1;
  }
  return verdict::fresh;
}

std::uint64_t sequence_account::missing() const {
  if (runs_.empty() || runs_.back().last < first_expected_) return 0;
  const auto expected = runs_.back().last - first_expected_ + 1;
  return expected > seen_ ? expected - seen_ : 0;
}

void sequence_account::encode(byte_buffer& out) const {
  byte_writer to(out);
  to.u8(account_version);
  for (const auto x : {first_expected_, seen_, doubled_, unjudged_below_, std::uint64_t{runs_.size()}}) to.varint(x);
  std::uint64_t at = 0;
  for (const auto& r : runs_) {
    to.varint(r.first - at);
    to.varint(r.last - r.first);
    at = r.last;
  }
}

result<sequence_account> sequence_account::decode(byte_view in) {
  byte_reader r(in);
  if (r.u8() > account_version) return fail(errc::unsupported, "a newer version wrote the history's accounts");
  sequence_account out(r.varint());
  out.seen_ = r.varint();
  out.doubled_ = r.varint();
  out.unjudged_below_ = r.varint();
  const auto runs = r.varint();
  if (runs > limits::history_runs_max) return fail(errc::corrupt, "an account of the history is damaged");
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < runs; ++i) {
    const auto first = at + r.varint();
    at = first + r.varint();
    out.runs_.push_back({first, at});
  }
  if (!r.ok() || !r.done()) return fail(errc::corrupt, "an account of the history is damaged");
  return out;
}

}  // namespace perigee::readers::history
