#include "readers/history/detail/accounts.hpp"

#include "base/limits.hpp"

namespace perigee::readers::history::detail {

result<> accounts::open(sqlite::connection& db) {
  PG_TRY(read_, db.prepare("SELECT state FROM account WHERE source = ? AND epoch = ?"));
  PG_TRY(write_, db.prepare("INSERT OR REPLACE INTO account(source, epoch, state) VALUES(?, ?, ?)"));
  return {};
}

result<sequence_account::verdict> accounts::add(std::string_view source, perigee::epoch e, perigee::sequence s) {
  const auto number = e.value();
  key_.assign(reinterpret_cast<const char*>(&number), sizeof number).append(source);
  auto known = entries_.find(key_);
  if (known == entries_.end()) {
    if (entries_.size() >= limits::history_accounts_max) return sequence_account::verdict::unjudged;
    PG_TRY(auto made, load(source, e));
    known = entries_.emplace(key_, std::move(made)).first;
  }
  auto& of = known->second;
  if (!of.touched) {
    of.touched = true;
    touched_.push_back(&of);
  }
  return of.account.add(s.value());
}

result<accounts::entry> accounts::load(std::string_view source, perigee::epoch e) {
  entry out{std::string(source), e, sequence_account()};
  PG_TRY(const bool row, read_.begin().bind(source).bind(static_cast<std::int64_t>(e.value())).step());
  if (row) {
    auto account = sequence_account::decode(read_.blob(0));
    if (!account) return fail(errc::io, "an account of the history is damaged");
    out.account = *std::move(account);
  }
  read_.begin();
  return out;
}

result<> accounts::flush() {
  for (auto* of : touched_) {
    state_.clear();
    of->account.encode(state_);
    write_.begin().bind(of->source).bind(static_cast<std::int64_t>(of->epoch.value())).bind(byte_view(state_));
    PG_TRY_VOID(write_.run());
    of->touched = false;
  }
  touched_.clear();
  return {};
}

void accounts::forget() {
  touched_.clear();
  entries_.clear();
}

}  // namespace perigee::readers::history::detail
