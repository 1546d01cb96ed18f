#include "cli/joining.hpp"

#include <algorithm>
#include <format>
#include <span>

#include "base/identity_limits.hpp"
#include "cli/run_to_end.hpp"
#include "identity/authority.hpp"
#include "identity/certificate_request.hpp"
#include "io/verification_time.hpp"
#include "node/enrolment_routes.hpp"
#include "node/timekeeper.hpp"

namespace perigee::cli {
namespace {

using control::enrolment::renewal_step;
using identity::certificate;

std::unexpected<std::string> in_words(const error& why) { return std::unexpected(why.text()); }
joining::done in_words(const result<>& how) { return how ? joining::done() : in_words(how.error()); }

template <class T>
io::task<> keep(io::task<T> question, result<T>& into) {
  into = co_await std::move(question);
  co_return result<>();
}

}  // namespace

joining::joining(const join_text& by, std::string folder)
    : by_(by),
      folder_(std::move(folder)),
      network_(io::real_network(shard_)),
      parent_(shard_, *network_, *client::read_https_url(by.url)) {}

template <class T>
result<T> joining::wait_for(io::task<T> question) {
  result<T> answer = fail(errc::cancelled, "not asked");
  PG_TRY_VOID(run_to_end(shard_, keep(std::move(question), answer)));
  return answer;
}

joining::or_sentence<certificate> joining::fetch_root() {
  auto tls = io::tls_context::client({}, {.verify = io::server_check::none});
  if (!tls) return in_words(tls.error());
  const auto answer = wait_for(parent_.authorities(*tls));
  if (!answer) return in_words(answer.error());
  if (!answer->is_good()) return std::unexpected("the parent does not issue certificates");
  const auto found = std::ranges::find_if(answer->chain, [](const certificate& each) { return each.is_root(); });
  if (found == answer->chain.end()) return std::unexpected("the parent shows no root authority");
  return *found;
}

joining::done joining::trust(const certificate& root) {
  auto& disk = io::real_disk();
  const auto file = path("root.crt");
  if (const auto made = disk.make_folder(folder_); !made) return std::unexpected(folder_ + ": " + made.error().text());
  const auto there = io::read_whole(disk, file, limits::identity_pem_bytes_max);
  if (!there && !is(there.error(), errc::not_found)) return std::unexpected(file + ": " + there.error().text());
  const auto known = there ? identity::all_certificates(*there) : result<std::vector<certificate>>();
  if (there && (!known || !std::ranges::contains(*known, root))) {
    return std::unexpected(std::format(
        "{} is another site's, or no certificate; it stays: choose another --folder, or take it away", file));
  }
  if (!there) {
    const auto kept = io::write_whole(disk, file, as_bytes(root.to_pem()));
    if (!kept) return std::unexpected(file + ": " + kept.error().text());
  }
  root_ = root;
  return {};
}

joining::done joining::know_time() {
  io::know_has_passed(node::build_time());
  if (node::timekeeper::behind() == nanoseconds(0)) return {};
  const auto told = wait_for(parent_.time(path("root.crt")));
  if (!told) return in_words(told.error());
  io::know_has_passed(*told);
  return {};
}

joining::or_sentence<joining::joined> joining::become_node() {
  const auto file = path(by_.name + ".pem");
  renewal_files files(io::real_disk(), file);
  if (const auto held = files.current(); held && !held->chain.empty()) {
    if (auto good = prove(file)) {
      (void)files.next(io::verification_time());  // clears away what a join that was cut short has left
      return joined{good->mqtts_port, true};
    }
  }
  if (auto got = obtain(files, est_label::node); !got) return std::unexpected(std::move(got.error()));
  auto good = prove(files.pending_file());
  if (!good) {
    // The parent may have lost what it gave, as after a restore from a backup: it gives it again for the same key.
    if (!ask(files, est_label::node)) return std::unexpected(std::move(good.error()));
    good = prove(files.pending_file());
  }
  if (!good) return std::unexpected(std::move(good.error()));
  if (const auto taken = files.take(); !taken) return in_words(taken.error());
  return good;
}

/// The steps until there is a certificate to be proved.
joining::done joining::obtain(renewal_files& files, est_label as) {
  for (;;) {
    const auto step = files.next(io::verification_time());
    if (!step) return in_words(step.error());
    if (*step == renewal_step::prove) return {};
    auto taken = *step == renewal_step::make_key ? in_words(files.make_key()) : ask(files, as);
    if (!taken) return taken;
  }
}

joining::done joining::ask(renewal_files& files, est_label as) {
  const auto waiting = files.pending();
  if (!waiting) return in_words(waiting.error());
  const auto wish = identity::certificate_request::make(waiting->key, {.name = by_.name, .dns_names = {by_.name}});
  if (!wish) return in_words(wish.error());
  const auto tls = io::tls_context::client({.certificate = {}, .key = {}, .authority = path("root.crt")});
  if (!tls) return in_words(tls.error());
  auto answer = wait_for(parent_.enrol(*tls, as, by_.name, by_.token, *wish));
  if (!answer) return in_words(answer.error());
  if (answer->status == 202)
    return std::unexpected("the parent waits for somebody to approve it; then call this once more");
  if (!answer->is_good()) return std::unexpected(answer->why);
  if (const auto fits = check({.key = waiting->key, .chain = answer->chain}, as); !fits) return in_words(fits.error());
  return in_words(files.keep(std::move(answer->chain)));
}

/// Whether it is what was asked for, and good below the root.
result<> joining::check(const identity::held_identity& came, est_label as) const {
  const auto now = io::verification_time();
  const std::span roots(&*root_, 1);
  if (as == est_label::gateway) return control::enrolment::check_authority(came, by_.name, roots, now);
  return control::enrolment::check_answer(came.chain, came.key.public_half(), by_.name, roots, now);
}

joining::done joining::become_gateway() {
  const auto file = path(node::gateway_file);
  renewal_files files(io::real_disk(), file, control::enrolment::next_key::same);
  const auto held = files.current();
  if (!held && !is(held.error(), errc::not_found)) return std::unexpected(file + ": " + held.error().text());
  const auto there = held ? identity::authority::open(held->chain, held->key) : std::unexpected(held.error());
  if (there && there->gateway() != by_.name)
    return std::unexpected(std::format("{} is of another gateway; it stays: choose another --folder", file));
  if (held && check(*held, est_label::gateway)) {
    (void)files.next(io::verification_time());  // clears away what a join that was cut short has left
    return {};
  }
  if (auto got = obtain(files, est_label::gateway); !got) return got;
  return in_words(files.take());
}

/// On a connection that shows the identity of this file.
joining::or_sentence<joining::joined> joining::prove(const std::string& file) {
  const auto tls = io::tls_context::client({.certificate = file, .key = file, .authority = path("root.crt")});
  if (!tls) return in_words(tls.error());
  const auto answer = wait_for(parent_.prove(*tls));
  if (!answer) return in_words(answer.error());
  if (!answer->is_good()) return std::unexpected(answer->why);
  return joined{answer->mqtts_port};
}

}  // namespace perigee::cli
