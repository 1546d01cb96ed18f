#include "api/dispatcher.hpp"

#include <boost/beast/core/string.hpp>
#include <format>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/percent.hpp"
#include "base/printable.hpp"

namespace perigee::api {
namespace {

std::string path_of(std::string_view target) { return std::string(target.substr(0, target.find('?'))); }
std::string_view query_of(std::string_view target) {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

/// Without its parameters: "application/json".
std::string_view media_type(std::string_view content_type) {
  auto out = content_type.substr(0, content_type.find(';'));
  while (out.ends_with(' ')) out.remove_suffix(1);
  return out;
}

answer misspelt() { return problem(400, "A % stands before two hexadecimal digits."); }

answer refuse_parameter(const wrong_parameter& wrong) {
  return problem({.status = 400,
                  .title = "A parameter is wrong.",
                  .type = "/problems/parameter",
                  .detail = wrong.field.empty() ? wrong.detail : wrong.field + ": " + wrong.detail,
                  .field = wrong.field,
                  .right = wrong.right});
}

/// What stands in the path, by the names that the pattern gives it.
void add_captured(std::string_view pattern, const request& from, parameters& to) {
  auto next = from.captured.begin();
  for (auto at = pattern.find("/{"); at != std::string_view::npos; at = pattern.find("/{", at + 1)) {
    const auto begin = at + 2;
    to.add(std::string(pattern.substr(begin, pattern.find('}', begin) - begin)), *next++);
  }
}

std::optional<answer> read_body(const route& of, const question& asked, request& into) {
  const auto type = media_type(asked.content_type);
  if (asked.body.empty()) return std::nullopt;
  const auto takes_one =
      std::ranges::any_of(of.about.parameters, [](const auto& p) { return p.in == parameter::place::body; });
  if (of.about.summary.empty()) {
    into.body = asked.body;
    if (!boost::beast::iequals(type, "application/x-www-form-urlencoded")) return std::nullopt;
    return into.given.add_form(asked.body) ? std::nullopt : std::optional(misspelt());
  }
  const bool whole = !of.about.body.empty();
  if (!takes_one && !whole)
    return problem({.status = 400, .title = "A request has no body here.", .type = "/problems/parameter"});
  const auto wanted = whole ? of.about.body : std::string_view("application/json");
  if (!boost::beast::iequals(type, wanted)) {
    return problem({.status = 415,
                    .title = "The body's type is not read here.",
                    .type = "/problems/body-type",
                    .right = "Content-Type: " + std::string(wanted)});
  }
  if (whole) {
    into.body = asked.body;
    return std::nullopt;
  }
  const auto read = into.given.add_json(asked.body);
  return read ? std::nullopt : std::optional(refuse_parameter(read.error()));
}

/// Of the path, the query and the body; an answer where one is wrong.
std::optional<answer> read_parameters(const route& of, const question& asked, request& into) {
  for (auto& each : into.captured) {
    auto decoded = percent_decode(each);
    if (!decoded) return misspelt();
    each = *std::move(decoded);
  }
  if (!into.given.add_form(query_of(asked.target))) return misspelt();
  if (auto refused = read_body(of, asked, into)) return refused;
  if (of.about.summary.empty()) return std::nullopt;
  add_captured(of.pattern, into, into.given);
  const auto checked = into.given.check(of.about.parameters);
  return checked ? std::nullopt : std::optional(refuse_parameter(checked.error()));
}

/// Ends what goes on when whoever asked for it may not see it any more.
class watched_source final : public body_source {
 public:
  watched_source(std::unique_ptr<body_source> of, std::function<bool()> may_go_on)
      : of_(std::move(of)), may_go_on_(std::move(may_go_on)) {}

  io::task<std::string> next() override {
    if (!may_go_on_()) co_return std::string();
    PG_CO_TRY(auto piece, co_await of_->next());
    co_return may_go_on_() ? std::move(piece) : std::string();
  }

 private:
  std::unique_ptr<body_source> of_;
  std::function<bool()> may_go_on_;
};

}  // namespace

dispatcher::dispatcher(routes served, doorkeeper keeper, audit_port* audit)
    : served_(std::move(served)), keeper_(std::move(keeper)), audit_(audit) {}

dispatcher::finding dispatcher::find(question asked, timestamp now) const {
  finding out;
  out.asked.method = out.method = asked.method;
  out.asked.path = out.path = path_of(asked.target);
  out.asked.who = keeper_.identify(asked, now);
  std::string allowed;
  bool public_path = false;
  const route* chosen = nullptr;
  for (const auto& each : served_) {
    auto found = captures(each.pattern, out.asked.path);
    if (!found) continue;
    public_path = public_path || each.to == access::anybody;
    for (const std::string_view method : {"GET", "HEAD", "POST", "PATCH", "DELETE"}) {
      if (serves(each, method) && !allowed.contains(method))
        allowed += (allowed.empty() ? "" : ", ") + std::string(method);
    }
    if (chosen != nullptr || !serves(each, asked.method)) continue;
    chosen = &each;
    out.asked.captured = std::move(*found);
  }
  out.wanted = chosen;
  if (allowed.empty()) {
    out.refusal = problem(404, "There is nothing under this path.");
  } else if (chosen == nullptr && !public_path && out.asked.who.by == caller::proof::none) {
    out.refusal = doorkeeper::refuse_stranger();
  } else if (chosen == nullptr) {
    out.refusal = problem(405, "This path is not served in this way.");
    out.refusal.headers.emplace_back("Allow", allowed);
  } else if (auto refused = keeper_.refuse(*chosen, asked, out.asked.who, now)) {
    out.refusal = *std::move(refused);
  } else if (auto wrong = read_parameters(*chosen, asked, out.asked)) {
    out.refusal = *std::move(wrong);
  } else {
    out.chosen = chosen;
    out.asked.accept = std::move(asked.accept);
    out.asked.session = keeper_.session_key_of(asked);
    out.asked.secure = asked.secure;
    out.asked.authorization = std::move(asked.authorization);
    out.asked.certificate_name = asked.peer.identity;
    out.asked.certificate = asked.peer.certificate;
  }
  return out;
}

std::uint32_t dispatcher::body_bytes_max(question head, timestamp now) const {
  const auto found = find(std::move(head), now);
  const auto own = found.chosen == nullptr ? 0 : found.chosen->about.body_bytes_max;
  return own == 0 ? limits::http_request_body_bytes_max : own;
}

io::task<answer> dispatcher::respond(question asked) {
  question shown{.method = asked.method,
                 .host = asked.host,
                 .authorization = asked.authorization,
                 .cookie = asked.cookie,
                 .peer = asked.peer};
  auto found = find(std::move(asked), clock::wall());
  keeper_.note(shown.authorization, found.asked.who, found.chosen != nullptr, clock::wall());
  auto who = found.asked.who;
  if (found.chosen == nullptr) {
    if (found.refusal.status == 401 || found.refusal.status == 403) ++refused_;
    account_for(found, who, found.refusal);
    co_return std::move(found.refusal);
  }
  PG_CO_TRY(auto made, co_await found.chosen->answer_with(std::move(found.asked)));
  if (!made.name.empty()) who.name = made.name;
  account_for(found, who, made);
  if (made.goes_on != nullptr) {
    made.goes_on =
        std::make_unique<watched_source>(std::move(made.goes_on), [this, to = found.chosen, shown = std::move(shown)] {
          return !keeper_.refuse(*to, shown, keeper_.identify(shown, clock::wall()), clock::wall());
        });
  }
  co_return std::move(made);
}

/// What was changed goes to the audit, and what was refused for who asked to the log, too. Whoever says nothing of
/// themselves could fill the audit with anything: what they get wrong counts as refused.
void dispatcher::account_for(const finding& found, const caller& who, const answer& made) {
  const auto* to = found.wanted;
  const bool changes = to != nullptr && to->method != "GET" && !to->about.summary.empty();
  const bool open = to != nullptr && to->to == access::anybody;
  const bool by_who = made.status == 401 || made.status == 403 || made.status == 429;
  const bool asks_who_it_is = open && to->method == "GET";
  if (by_who ? !asks_who_it_is : open && changes && made.status >= 400) {
    return note({.at = clock::wall(),
                 .who = who.title(),
                 .address = who.address,
                 .what = std::string(changes ? to->about.summary : found.method),
                 .of = found.path,
                 .reason = std::string(made.reason.substr(made.reason.rfind('/') + 1)),
                 .status = made.status,
                 .is_deed = changes});
  }
  if (audit_ == nullptr || !changes || found.chosen == nullptr) return;
  audit_->record(deed{clock::wall(), who, std::string(to->about.summary), found.path, made.status});
}

void dispatcher::note(refusal one) {
  if (const auto told = held_back_.note(std::move(one), clock::now())) tell(*told);
}

void dispatcher::tick() {
  for (const auto& each : held_back_.due(clock::now())) tell(each);
}

void dispatcher::tell(const refusal& one) {
  constexpr std::size_t path_bytes_shown = 128;
  log::warn("api", "refused with {} ({}){}: {}{}{} by {} at {}", one.status, one.reason,
            one.times > 1 ? std::format(", {} times", one.times) : "", one.what, one.of.empty() ? "" : " ",
            printable(std::string_view(one.of).substr(0, path_bytes_shown)), one.who.empty() ? "somebody" : one.who,
            one.address.empty() ? "many addresses" : one.address);
  if (audit_ != nullptr && one.is_deed) audit_->record(one);
}

}  // namespace perigee::api
