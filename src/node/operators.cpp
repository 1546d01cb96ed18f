#include "node/operators.hpp"

#include <algorithm>
#include <iterator>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "node/people_routes.hpp"
#include "node/process.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view place_name = "node.operators";
constexpr std::string_view sessions_name = "/sessions.json";
constexpr std::string_view uses_name = "/token-uses.json";
constexpr auto look_every = 2s;
constexpr std::uint64_t file_bytes_max = 2U << 20;

}  // namespace

operators::operators(io::shard& on, io::disk& disk, io::worker& by, const std::string& state, std::string_view node,
                     gate* users, std::string secret)
    : on_(on),
      disk_(disk),
      worker_(by),
      folder_(state),
      users_(users),
      changed_(on),
      sessions_(
          std::move(secret), [this] { changed_.notify(); }, node),
      people_(on, disk, by, users) {}

result<std::unique_ptr<operators>> operators::open(io::shard& on, io::disk& disk, io::worker& by,
                                                   const std::string& state, std::string_view node, gate* users) {
  PG_TRY(auto secret, random_token());
  auto made = std::unique_ptr<operators>(  // tidy: new — the constructor is private
      new operators(on, disk, by, state, node, users, std::move(secret)));
  PG_TRY_VOID(made->restore());
  return made;
}

/// Neither file is worth a node that does not start: whoever was signed in signs in again.
result<> operators::restore() {
  const auto read = [this](std::string_view name, auto take) -> result<> {
    const auto file = folder_ + std::string(name);
    const auto kept = io::read_whole(disk_, file, file_bytes_max);
    if (!kept) return is(kept.error(), errc::not_found) ? result<>() : std::unexpected(kept.error());
    if (const result<> taken = take(as_text(*kept)); !taken) {
      log::warn(place_name, "{}: {}; it is begun anew", file, taken.error().text());
    }
    return {};
  };
  PG_TRY_VOID(read(sessions_name, [this](auto text) { return sessions_.restore(text, clock::wall()); }));
  if (users_ == nullptr) return {};
  return read(uses_name, [this](auto text) { return users_->uses().restore(text); });
}

api::routes operators::routes() {
  auto out = api::session_routes(on_, sessions_, people_);
  std::ranges::move(people_routes(on_, people_, sessions_), std::back_inserter(out));
  return out;
}

io::task<> operators::run() {
  for (;;) {
    const auto woken = co_await changed_.wait_until(clock::now() + look_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    if (woken) save(sessions_name, sessions_.to_json());
    if (users_ == nullptr) continue;
    if (users_->uses().generation() != uses_kept_) {
      uses_kept_ = users_->uses().generation();
      save(uses_name, users_->uses().to_json());
    }
    if (users_->generation() == generation_) continue;
    generation_ = users_->generation();
    sessions_.close_users([this](std::string_view user) { return people_.role_of(user) != api::role::none; });
  }
}

void operators::save(std::string_view name, std::string text) {
  worker_.submit(
      [&disk = disk_, file = folder_ + std::string(name), text = std::move(text)] {
        if (const auto kept = io::write_whole(disk, file, as_bytes(text)); !kept) {
          log::warn(place_name, "{} was not written: {}", file, kept.error().text());
        }
      },
      [] {});
}

}  // namespace perigee::node
