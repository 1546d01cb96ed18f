// `perigee ca rollover`: a site changes its root while it runs (docs/identity.md, "Rollover").

#include <algorithm>
#include <array>
#include <format>

#include "base/identity_limits.hpp"
#include "cli/ca_files.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "control/enrolment/site_files.hpp"
#include "io/file.hpp"

namespace perigee::cli {
namespace {

/// In the order in which they come into use: the key of the issuing authority and its certificate last, and together.
constexpr std::array names = {"root.key", "vouching.crt", "root.crt", "issuing.key", "issuing.crt"};
constexpr std::string_view ready = "ready";  // in the folder `next`: all that is in it is whole

exit_code refuse(const error& why) {
  complain(std::format("perigee ca rollover: {}\n", why.text()));
  return exit_code::failed;
}

bool is_there(const std::string& file) { return io::real_disk().open(file, io::open_mode::read).has_value(); }

/// What the site was until now stays in `before` until the rollover is finished.
result<> keep_before(const std::string& folder) {
  auto& disk = io::real_disk();
  PG_TRY_VOID(disk.make_folder(folder + "/before"));
  for (const std::string name : {"root.crt", "root.key", "issuing.crt", "issuing.key"}) {
    PG_TRY(const auto text, read_text(std::format("{}/{}", folder, name), limits::identity_pem_bytes_max));
    PG_TRY_VOID(io::write_whole(disk, std::format("{}/before/{}", folder, name), as_bytes(text)));
  }
  return {};
}

/// Everything is made aside first; when all of it is durable, the folder `next` is marked as ready.
result<> make_next(const std::string& folder, std::string_view passphrase, timestamp now) {
  auto& disk = io::real_disk();
  const control::enrolment::site_order site{.folder = folder, .site = {}, .passphrase = std::string(passphrase)};
  PG_TRY(const auto root, control::enrolment::read_authority(disk, folder, "root", site.root_key()));
  PG_TRY(const auto issuing, control::enrolment::read_authority(disk, folder, "issuing", site.issuing_key()));
  PG_TRY(const auto files, make_next_site(root, issuing.own(), passphrase, now));
  PG_TRY_VOID(keep_before(folder));
  const auto next = folder + "/next";
  PG_TRY_VOID(disk.make_folder(next));
  for (const auto& [name, text] : files) {
    PG_TRY_VOID(io::write_whole(disk, std::format("{}/{}", next, name), as_bytes(text)));
  }
  return io::write_whole(disk, std::format("{}/{}", next, ready), {});
}

/// What is left of `next`, one file after the other: called again after a stop, it goes on.
result<> put_in_place(const std::string& folder) {
  auto& disk = io::real_disk();
  for (const std::string name : names) {
    const auto from = std::format("{}/next/{}", folder, name);
    if (is_there(from)) PG_TRY_VOID(disk.rename(from, std::format("{}/{}", folder, name)));
  }
  PG_TRY_VOID(disk.sync_folder(folder));
  return disk.remove(std::format("{}/next/{}", folder, ready));
}

result<> keep_first_certificate(const std::string& file) {
  PG_TRY(const auto pem, read_text(file, limits::identity_pem_bytes_max));
  PG_TRY(const auto first, identity::first_certificate(as_bytes(pem)));
  return io::write_whole(io::real_disk(), file, as_bytes(first.to_pem()));
}

/// The old root is trusted no more, and its key is gone.
result<> finish(const std::string& folder) {
  auto& disk = io::real_disk();
  PG_TRY_VOID(keep_first_certificate(folder + "/root.crt"));
  PG_TRY_VOID(keep_first_certificate(folder + "/issuing.crt"));
  std::vector<std::string> over{folder + "/vouching.crt"};
  for (const auto* name : {"issuing.key", "issuing.crt", "root.key", "root.crt"})
    over.push_back(std::format("{}/before/{}", folder, name));
  for (const auto& file : over) {
    const auto gone = disk.remove(file);
    if (!gone && !is(gone.error(), errc::not_found)) return gone;
  }
  return disk.sync_folder(folder);
}

}  // namespace

exit_code run_ca_rollover(const invocation& called) {
  const auto folder = *called.text("folder");
  const bool is_under_way = is_there(folder + "/before/root.crt");
  const bool is_cut_short = is_there(std::format("{}/next/{}", folder, ready));
  if (called.has("--finish")) {
    if (!is_under_way || is_cut_short) {
      return refuse(error{errc::refused, "no rollover is under way here"});
    }
    if (const auto done = finish(folder); !done) return refuse(done.error());
    print("The old root is trusted no more. Nodes hear of it within a day, and at their next renewal.\n");
    return run_ca_show(called);
  }
  if (is_under_way && !is_cut_short && is_there(folder + "/vouching.crt")) {
    return refuse(error{errc::exists, "a rollover is under way: `--finish` ends it"});
  }
  const auto passphrase = passphrase_of(called);
  if (!passphrase) return refuse(passphrase.error());
  auto done = is_cut_short ? result<>() : make_next(folder, *passphrase, clock::wall());
  if (done) done = put_in_place(folder);
  if (!done) return refuse(done.error());
  print(
      "The site has a new root and a new issuing authority; both roots are trusted.\n"
      "Nodes and devices get certificates of the new one as they renew. When all have, or the old root ends:\n"
      "  perigee ca rollover --finish\n"
      "before/ has the old authorities until then; keep both keys root.key away from this machine.\n");
  return run_ca_show(called);
}

}  // namespace perigee::cli
