#include "node/timekeeper.hpp"

#include "base/log.hpp"
#include "io/file.hpp"
#include "io/timer.hpp"
#include "io/verification_time.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view place_name = "node.time";
constexpr std::size_t file_bytes_max = 64;
constexpr nanoseconds ask_every = 1h;
constexpr nanoseconds ask_again_after = 10s;

/// "2026-11-23T08:00:00Z" and the end of the line.
result<timestamp> read_last(io::disk& on, const std::string& file) {
  PG_TRY(const auto bytes, io::read_whole(on, file, file_bytes_max));
  auto text = as_text(bytes);
  if (!text.ends_with('\n')) return fail(errc::malformed, "the line has no end");
  text.remove_suffix(1);
  return from_iso8601(text);
}

}  // namespace

timestamp build_time() { return timestamp{std::int64_t{PERIGEE_BUILD_TIME} * 1'000'000'000}; }

timekeeper::timekeeper(const config& chosen, means by)
    : means_(by), file_(chosen.data + "/state/clock"), source_("the program") {
  if (!chosen.tls) return;  // nothing is checked
  if (const auto from = chosen.identity ? chosen.identity->renew : std::nullopt; from && from->parent) {
    parent_ = std::make_unique<control::enrolment::est_client>(by.on, by.through, *from->parent);
    authority_ = chosen.tls->authority.value_or("");
  }
  io::know_has_passed(build_time());
  const auto last = read_last(by.disk, file_);
  if (!last && !is(last.error(), errc::not_found))
    log::warn(place_name, "{}: {}; it is written anew", file_, last.error().text());
  if (last && *last > build_time()) {
    io::know_has_passed(*last);
    source_ = "the last run";
  }
  if (behind() > 1s) {
    log::warn(place_name, "the machine's clock says {}, and it is {} or later: certificates are checked at that time",
              to_iso8601(clock::wall()), to_iso8601(io::verification_time()));
  }
}

nanoseconds timekeeper::behind() { return std::max<nanoseconds>(0s, io::verification_time() - clock::wall()); }

std::string timekeeper::source() const { return behind() > 0s ? source_ : ""; }

/// Certificates are looked at by the second, and the machine's clock steps a little.
io::task<> timekeeper::run() {
  for (;;) {
    nanoseconds pause = ask_every;
    if (parent_ && behind() > 1s) {
      const auto asked = co_await ask_parent();
      if (!asked && is(asked.error(), errc::cancelled)) co_return asked;
      if (!asked) pause = ask_again_after;
    }
    PG_CO_TRY_VOID(co_await io::sleep_for(means_.on, pause));
  }
}

io::task<> timekeeper::ask_parent() {
  PG_CO_TRY(const auto told, co_await parent_->time(authority_));
  if (told > io::verification_time()) {
    log::info(place_name, "the parent says that it is {}", to_iso8601(told));
    source_ = "the parent";
    io::know_has_passed(told);
  }
  co_return result<>();
}

void timekeeper::save(control::enrolment::validity good) {
  const auto now = io::verification_time();
  if (now < good.from || now > good.to) return;
  const auto text = to_iso8601(timestamp{now.ns / 1'000'000'000 * 1'000'000'000}) + "\n";
  if (const auto kept = io::write_whole(means_.disk, file_, as_bytes(text)); !kept)
    log::warn(place_name, "{}: {}", file_, kept.error().text());
}

}  // namespace perigee::node
