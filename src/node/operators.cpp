#include "node/operators.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "node/process.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
using api::password_verdict;

constexpr std::string_view operators_group = "operators";
constexpr auto look_every = 2s;
constexpr std::uint64_t file_bytes_max = 256U << 10;

}  // namespace

/// One password on its way through the worker.
struct operators::trial {
  std::string user;
  byte_buffer password;
  std::string address;
  std::function<void(password_verdict)> done;
  access::password_hash against;
  bool known = false;
  result<bool> fits = false;

  ~trial() { std::ranges::fill(password, std::uint8_t{0}); }
};

operators::operators(io::shard& on, io::disk& disk, io::worker& by, std::string file, std::string_view node,
                     gate* users, std::string secret)
    : on_(on),
      disk_(disk),
      worker_(by),
      file_(std::move(file)),
      users_(users),
      changed_(on),
      sessions_(std::move(secret), [this] { changed_.notify(); }, node) {
  if (users_ != nullptr) password_worker_ = on.make_worker("sign-in");
}

result<std::unique_ptr<operators>> operators::open(io::shard& on, io::disk& disk, io::worker& by, std::string file,
                                                   std::string_view node, gate* users) {
  PG_TRY(auto secret, random_token());
  auto made = std::unique_ptr<operators>(  // tidy: new — the constructor is private
      new operators(on, disk, by, std::move(file), node, users, std::move(secret)));
  const auto kept = io::read_whole(disk, made->file_, file_bytes_max);
  if (kept) {
    // Sessions are not worth a node that does not start: whoever was signed in signs in again.
    if (const auto restored = made->sessions_.restore(as_text(*kept), clock::wall()); !restored) {
      log::warn("node.operators", "{}: {}; nobody is signed in", made->file_, restored.error().text());
    }
  } else if (!is(kept.error(), errc::not_found)) {
    return std::unexpected(kept.error());
  }
  return made;
}

api::routes operators::routes() { return api::session_routes(on_, sessions_, users_ == nullptr ? nullptr : this); }

io::task<> operators::run() {
  for (;;) {
    const auto woken = co_await changed_.wait_until(clock::now() + look_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    if (woken) save();
    if (users_ == nullptr || users_->generation() == generation_) continue;
    generation_ = users_->generation();
    sessions_.close_users([this](std::string_view user) { return may_operate(user); });
  }
}

void operators::save() {
  worker_.submit(
      [&disk = disk_, file = file_, text = sessions_.to_json()] {
        if (const auto kept = io::write_whole(disk, file, as_bytes(text)); !kept) {
          log::warn("node.operators", "who is signed in was not written: {}", kept.error().text());
        }
      },
      [] {});
}

bool operators::may_operate(std::string_view user) const {
  const auto* found = users_->lists()->users.find(user);
  return found != nullptr && !found->disabled && std::ranges::contains(found->groups, operators_group);
}

void operators::check(const std::string& user, const std::string& password, const std::string& address,
                      std::function<void(password_verdict)> done) {
  if (users_->must_wait(address, clock::now()) || trials_ >= limits::access_checks_waiting_max) {
    on_.post([done = std::move(done)] { done(password_verdict::try_later); });
    return;
  }
  auto made = std::make_shared<trial>();
  made->user = user;
  made->password = to_buffer(as_bytes(password));
  made->address = address;
  made->done = std::move(done);
  const auto& list = users_->lists()->users;
  const auto* found = list.find(user);
  made->known = found != nullptr && found->password && !found->disabled;
  made->against = made->known ? *found->password : list.dummy();
  ++trials_;
  password_worker_->submit([made] { made->fits = made->against.fits(made->password); }, [this, made] { judge(*made); });
}

/// The files may have changed while the password was checked.
void operators::judge(const trial& done) {
  --trials_;
  if (!done.fits) return done.done(password_verdict::try_later);
  const auto* user = users_->lists()->users.find(done.user);
  const bool still = user != nullptr && !user->disabled && user->password && user->password->hash == done.against.hash;
  if (!*done.fits || !done.known || !still) {
    users_->failed(done.address, clock::now());
    return done.done(password_verdict::wrong);
  }
  users_->succeeded(done.address);
  done.done(may_operate(done.user) ? password_verdict::right : password_verdict::no_operator);
}

}  // namespace perigee::node
