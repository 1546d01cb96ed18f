#include "node/people.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "access/new_password.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/people_limits.hpp"
#include "node/process.hpp"
#include "node/user_file.hpp"

namespace perigee::node {
namespace {

using api::password_verdict;
using api::problem_details;
using api::role;

constexpr std::string_view place_name = "node.people";
constexpr std::size_t salt_bytes = 16;

problem_details refuse_file(std::string detail, std::string right = {}) {
  return {.status = 409,
          .title = "The user file could not be changed.",
          .type = "/problems/user-file",
          .detail = std::move(detail),
          .right = std::move(right)};
}

bool has_admin(const access::user_list& list) {
  return std::ranges::any_of(list.all(), [](const auto& one) { return role_of(one) == role::administers; });
}

/// Both ways in that the password has, if the user had both.
result<> choose(access::user& of, std::string_view password, byte_view random) {
  PG_TRY(of.password, access::password_hash::make(as_bytes(password), random.first(salt_bytes), {}));
  if (!of.scram) return {};
  auto made = access::scram_verifier::make(password, random.last(salt_bytes), access::scram_iterations);
  of.scram = made ? std::optional(*std::move(made)) : std::nullopt;  // one with other characters has none
  return {};
}

/// One try; nothing where somebody else has changed the file meanwhile.
std::optional<people::outcome> try_edit(io::disk& on, const std::string& path, const std::string& name,
                                        const people::change& made) {
  const auto refused = [](problem_details why) {
    return std::optional<people::outcome>(std::unexpected(std::move(why)));
  };
  const auto bytes = io::read_whole(on, path, limits::access_file_bytes_max);
  if (!bytes) return refused(refuse_file(std::format("{} cannot be read: {}", path, bytes.error().what)));
  const std::string text(as_text(*bytes));
  const auto before = access::user_list::parse({path, text});
  if (!before) return refused(refuse_file(path + " has errors", "`perigee validate` shows them"));
  auto becomes = made ? made(before->find(name)) : people::outcome(access::user{.name = name});
  if (!becomes) return refused(std::move(becomes.error()));
  const auto after = made ? access::with_user({path, text}, *becomes) : access::without_user({path, text}, name);
  if (!after) return refused(refuse_file(after.error().what));
  const auto list = access::user_list::parse({path, *after});
  if (!list) return refused(refuse_file("what it would become could not be read again"));
  if (has_admin(*before) && !has_admin(*list)) {
    return refused({.status = 409,
                    .title = "Nobody would be admin any more.",
                    .type = "/problems/last-admin",
                    .detail = std::format("{} is the last one", name),
                    .right = "another enabled user in the group \"admins\" first"});
  }
  const auto replaced = replace_user_file(on, path, text, *after);
  if (!replaced && is(replaced.error(), errc::exists)) return std::nullopt;
  if (!replaced) return refused(refuse_file(std::format("{}: {}", path, replaced.error().what)));
  return becomes;
}

}  // namespace

role role_of(const access::user& one) {
  const auto in = [&one](std::string_view group) { return std::ranges::contains(one.groups, group); };
  if (one.disabled) return role::none;
  if (in("admins")) return role::administers;
  if (in("operators")) return role::operates;
  return in("viewers") ? role::views : role::none;
}

/// One password on its way through the worker.
struct people::trial {
  std::string user;
  byte_buffer password;
  std::string address;
  std::function<void(password_verdict)> done;
  access::password_hash against;
  bool known = false;
  result<bool> fits = false;

  ~trial() { std::ranges::fill(password, std::uint8_t{0}); }
};

/// One change on its way through the worker.
struct people::edited {
  std::string name;
  change made;
  std::function<void(outcome)> done;
  outcome what = std::unexpected(refuse_file("others change it all the time", "try again"));
};

people::people(io::shard& on, io::disk& disk, io::worker& by, gate* users)
    : on_(on), disk_(disk), worker_(by), users_(users) {
  if (users_ != nullptr) password_worker_ = on.make_worker("sign-in");
}
people::~people() = default;

const access::user_list* people::list() const {
  return users_ != nullptr && users_->files().users ? &users_->lists()->users : nullptr;
}

role people::role_of(std::string_view user) const {
  const auto* all = list();
  const auto* found = all == nullptr ? nullptr : all->find(user);
  return found == nullptr ? role::none : node::role_of(*found);
}

std::optional<api::shown_token> people::find_token(std::string_view token, timestamp now) const {
  const auto* all = list();
  if (all == nullptr || !access::is_token(token)) return std::nullopt;
  const auto [of, with] = all->find_token(access::digest_of_token(token));
  if (of == nullptr || of->disabled || (with->expires && *with->expires <= now)) return std::nullopt;
  return api::shown_token{of->name, with->name, with->scopes};
}

void people::note_use(std::string_view token, timestamp now) {
  if (users_ != nullptr) users_->uses().note(access::digest_of_token(token), now);
}

std::optional<std::string> people::last_use(const access::token& of) const {
  return users_ == nullptr ? std::nullopt : users_->uses().last(of.digest);
}

bool people::must_wait(std::string_view address) const {
  return users_ != nullptr ? users_->must_wait(address, clock::now()) : guesses_.must_wait(address, clock::now());
}
void people::failed(std::string_view address) {
  users_ != nullptr ? users_->failed(address, clock::now()) : guesses_.failed(address, clock::now());
}
void people::succeeded(std::string_view address) {
  users_ != nullptr ? users_->succeeded(address) : guesses_.succeeded(address);
}

void people::check(const std::string& user, const std::string& password, const std::string& address,
                   std::function<void(password_verdict)> done) {
  const auto* all = list();
  const bool waits = must_wait(address) || trials_ >= limits::access_checks_waiting_max ||
                     trying_.count(address) >= limits::people_sign_ins_at_once_max;
  if (waits || all == nullptr) {
    if (!waits) failed(address);
    return on_.post(
        [done = std::move(done), waits] { done(waits ? password_verdict::try_later : password_verdict::wrong); });
  }
  auto made = std::make_shared<trial>();
  made->user = user;
  made->password = to_buffer(as_bytes(password));
  made->address = address;
  made->done = std::move(done);
  const auto* found = all->find(user);
  made->known = found != nullptr && found->password && !found->disabled;
  made->against = made->known ? *found->password : all->dummy();
  ++trials_;
  trying_.insert(address);
  password_worker_->submit([made] { made->fits = made->against.fits(made->password); }, [this, made] { judge(*made); });
}

/// The files may have changed while the password was checked.
void people::judge(const trial& done) {
  --trials_;
  trying_.erase(trying_.find(done.address));
  if (!done.fits) return done.done(password_verdict::try_later);
  const auto* user = list()->find(done.user);
  const bool still = user != nullptr && !user->disabled && user->password && user->password->hash == done.against.hash;
  if (!*done.fits || !done.known || !still) {
    failed(done.address);
    return done.done(password_verdict::wrong);
  }
  succeeded(done.address);
  done.done(node::role_of(*user) == role::none ? password_verdict::no_role : password_verdict::right);
}

std::string people::unfit_password(std::string_view user, std::string_view password) const {
  return access::unfit_password(user, password);
}

void people::set_password(const std::string& user, const std::string& password, std::function<void(result<>)> done) {
  const auto random = random_bytes();
  if (!random || list() == nullptr) {
    const auto why = random ? error{errc::not_found, "the node has no user file"} : random.error();
    return on_.post([done = std::move(done), why] { done(std::unexpected(why)); });
  }
  const auto made = [user, password, random = *random](const access::user* before) -> outcome {
    if (before == nullptr) return std::unexpected(refuse_file(std::format("the file has no user '{}' any more", user)));
    auto becomes = *before;
    if (const auto chosen = choose(becomes, password, random); !chosen) {
      return std::unexpected(refuse_file(chosen.error().what));
    }
    return becomes;
  };
  edit(user, made, [user, done = std::move(done)](const outcome& what) {
    if (what) return done({});
    log::warn(place_name, "the password of '{}' is not kept: {}", user, what.error().detail);
    done(fail(errc::io, "the log says what is wrong with it"));
  });
}

void people::edit(const std::string& name, change made, std::function<void(outcome)> done) {
  auto job = std::make_shared<edited>(name, std::move(made), std::move(done));
  if (list() == nullptr) {
    job->what = std::unexpected(refuse_file("the node has none", "[access] with users = \"users.toml\""));
    return on_.post([job] { job->done(std::move(job->what)); });
  }
  worker_.submit(
      [job, &disk = disk_, path = *users_->files().users] {
        for (std::uint32_t i = 0; i < limits::people_writes_tried_max; ++i) {
          auto tried = try_edit(disk, path, job->name, job->made);
          if (!tried) continue;
          job->what = *std::move(tried);
          return;
        }
      },
      [job, this] {
        if (!job->what) return job->done(std::move(job->what));
        users_->reload([job](bool in_force) {
          if (in_force) return job->done(std::move(job->what));
          job->done(std::unexpected(refuse_file("it is changed, and not in force: it or the policy file has errors",
                                                "`perigee validate` shows them")));
        });
      });
}

}  // namespace perigee::node
