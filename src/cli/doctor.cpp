#include "cli/doctor.hpp"

#include <algorithm>
#include <format>

#include "base/limits.hpp"
#include "cli/run_to_end.hpp"
#include "identity/certificate.hpp"
#include "io/file.hpp"
#include "node/known_certificates.hpp"
#include "node/run_file.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;
using control::enrolment::upkeep;

constexpr auto patience = 2s;
constexpr int syncs = 20;

/// The median time to make 4 KiB durable in the folder.
result<nanoseconds> sync_time(io::disk& disk, const std::string& folder) {
  const auto path = folder + "/.perigee-doctor";
  PG_TRY_VOID(disk.make_folder(folder));
  std::vector<nanoseconds> times;
  {
    PG_TRY(const auto file, disk.open(path, io::open_mode::create));
    const byte_buffer block(4096, 0x5a);
    const auto end = clock::now() + patience / 2;
    for (int i = 0; i < syncs && clock::now() < end; ++i) {
      const auto start = clock::now();
      PG_TRY_VOID(file->write_at(static_cast<std::uint64_t>(i) * block.size(), block));
      PG_TRY_VOID(file->sync());
      times.push_back(clock::now() - start);
    }
  }
  PG_TRY_VOID(disk.remove(path));
  std::ranges::nth_element(times, times.begin() + std::ssize(times) / 2);
  return times[times.size() / 2];
}

io::task<> dial(const patient& p, io::endpoint to, result<>& into) {
  const auto stream = co_await p.network.connect(to, clock::now() + patience);
  into = stream ? result<>() : std::unexpected(stream.error());
  if (stream) (*stream)->close();
  co_return result<>();
}

result<> reach(const patient& p, io::endpoint to) {
  result<> reached = fail(errc::cancelled, "not tried");
  PG_TRY_VOID(run_to_end(p.shard, dial(p, std::move(to), reached)));
  return reached;
}

}  // namespace

finding check_data_folder(const node::config& chosen) {
  const auto took = sync_time(io::real_disk(), chosen.data);
  if (!took) return {"data folder", verdict::bad, std::format("{}: {}", chosen.data, took.error().text())};
  return node::check_data_folder(*took);
}

finding check_disk_space(const node::config& chosen) {
  std::uint64_t wanted = 0;
  for (const auto& lane : chosen.journal.lanes) wanted += lane.bytes_max;
  return node::check_disk_space(io::real_disk().space(chosen.data), wanted);
}

std::vector<finding> check_certificates(const node::config& chosen) {
  constexpr std::string_view name = "certificate";
  std::vector<finding> out;
  const auto known = node::known_certificates(chosen, io::real_disk());
  for (const auto& each : known) {
    const auto file = each.file.substr(each.file.rfind('/') + 1);
    const auto by = each.renewed_here ? upkeep::itself : upkeep::person;
    out.push_back(node::check_end({each.not_before, each.not_after}, by,
                                  std::format("{} {}: {}", node::name_of(each.role), file, each.subject)));
  }
  const auto own = chosen.tls ? io::read_whole(io::real_disk(), chosen.tls->certificate, limits::tls_file_bytes_max)
                              : result<byte_buffer>();
  const auto read = own ? identity::first_certificate(*own) : std::unexpected(own.error());
  if (chosen.tls && !read) out.push_back({name, verdict::bad, chosen.tls->certificate + ": " + read.error().text()});
  if (chosen.tls && read && read->facts().common_name != chosen.node_id) {
    out.push_back(
        {name, verdict::bad,
         std::format("it is of '{}', and the node is called '{}'", read->facts().common_name, chosen.node_id)});
  }
  return out;
}

finding check_ports(const patient& p) {
  if (const auto running = node::read_run_file(io::real_disk(), p.chosen->data)) {
    if (!running->mqtt.empty() &&
        reach(p, {.host = running->mqtt[0].address, .port = running->mqtt[0].port, .tls = nullptr}))
      return {"ports", verdict::good, std::format("the node runs as process {}", running->pid)};
  }
  std::string taken;
  const auto try_port = [&](const std::string& address, std::uint16_t port) {
    if (port != 0 && !p.network.listen({.host = address, .port = port, .tls = nullptr}))
      taken += std::format("{}{}:{}", taken.empty() ? "" : ", ", address, port);
  };
  for (const auto& each : p.chosen->mqtt) try_port(each.address, each.port);  // a Unix socket's port is 0
  if (p.chosen->api) try_port(p.chosen->api->address, p.chosen->api->port);
  if (taken.empty()) return {"ports", verdict::good, "free"};
  return {"ports", verdict::bad, taken + " taken by another program: `ss -ltnp` says which"};
}

finding check_parent(const patient& p) {
  const auto& up = *p.chosen->uplink;
  io::endpoint to{.host = up.host, .port = up.port, .tls = nullptr};
  if (up.transport == node::uplink_transport::tls) {
    const auto& tls = *p.chosen->tls;
    auto context = io::tls_context::client({tls.certificate, tls.key.name, tls.authority.value_or("")});
    if (!context) return {"parent", verdict::bad, context.error().text()};
    to.tls = std::move(*context);
  }
  const auto text = std::format("{}:{}", up.host, up.port);
  const auto reached = reach(p, std::move(to));
  if (reached) return {"parent", verdict::good, text + " answers"};
  return {"parent", verdict::note,
          std::format("{}: {}; the node works alone until it does", text, reached.error().text())};
}

std::vector<finding> examine(const patient& p) {
  std::vector<finding> out = {node::check_open_files(), node::check_clock()};
  if (p.chosen == nullptr) return out;
  out.push_back(check_data_folder(*p.chosen));
  out.push_back(check_disk_space(*p.chosen));
  std::ranges::move(check_certificates(*p.chosen), std::back_inserter(out));
  out.push_back(check_ports(p));
  if (p.chosen->uplink) out.push_back(check_parent(p));
  return out;
}

}  // namespace perigee::cli
