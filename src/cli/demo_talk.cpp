// What the supervisor shows and answers, and its last word.

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <format>

#include "cli/console.hpp"
#include "cli/demo_member.hpp"
#include "node/ledger.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto table_step = 1s;
constexpr auto line_step = 5s;
constexpr auto answer_fresh_for = 3s;

/// This program as it can be typed where it was started, so that a command can be pasted.
std::string own_program() {
  std::error_code ec;
  const auto whole = std::filesystem::read_symlink("/proc/self/exe", ec);
  const auto shorter = std::filesystem::relative(whole, ec);
  return ec || shorter.string().starts_with("..") ? whole.string() : shorter.string();
}

std::uint64_t whole(double x) { return x > 0 ? static_cast<std::uint64_t>(x) : 0; }

}  // namespace

void demo_supervisor::tell(const std::string& sentence) {
  complain(std::format("perigee demo: {}\n", sentence));
  lines_shown_ = 0;  // the table goes on below
}

std::uint64_t demo_supervisor::acked_at(std::string_view node) const {
  std::uint64_t sum = 0;
  for (const auto& device : plan_.site.devices) {
    if (device.node != node) continue;
    sum += node::estimate_acked(io::real_disk(), plan_.site.ledger(), device.name).value_or(0);
  }
  return sum;
}

double demo_supervisor::values_of(const member& of, const node_status& status) const {
  return of.node.tier == "edge" ? static_cast<double>(acked_at(of.node.id)) : status.readings;
}

table_row demo_supervisor::row_of(const member& of) const {
  table_row row{.id = of.node.id, .tier = of.node.tier};
  row.running = of.process.running();
  row.has_uplink = of.cable != nullptr;
  row.cut = of.cable && of.cable->is_cut();
  row.answering = of.status && clock::now() - of.answered < answer_fresh_for;
  if (!of.status) return row;
  row.values_per_s = of.values_per_s;
  row.decisions = of.status->decisions;
  if (const auto& link = of.status->link) {
    row.connected = link->connected;
    row.rtt_ms = link->rtt_ms;
    row.backlog = link->waiting;
  }
  return row;
}

table_totals demo_supervisor::count() const {
  table_totals out;
  for (const auto& each : members_) out.produced += acked_at(each->node.id);
  const auto& cloud = members_.front()->status;
  if (!cloud) return out;
  out.stored = whole(cloud->readings);
  out.doubled = whole(cloud->doubled);
  out.lost = whole(cloud->gaps);
  return out;
}

/// In place on a terminal; a line now and then elsewhere.
void demo_supervisor::show() {
  const bool terminal = stdout_is_terminal();
  if (clock::now() - shown_ < (terminal ? nanoseconds(table_step) : nanoseconds(line_step))) return;
  shown_ = clock::now();
  std::vector<table_row> rows;
  for (const auto& each : members_) rows.push_back(row_of(*each));
  const auto totals = count();
  if (!terminal) {
    print(render_line(rows, totals));
  } else {
    const auto table = render_table(rows, totals, stdout_has_colour());
    // Back to the table's first line, and clear from there on.
    print((lines_shown_ == 0 ? "\n" : std::format("\x1b[{}F\x1b[J", lines_shown_)) + table);
    lines_shown_ = static_cast<std::size_t>(std::ranges::count(table, '\n'));
  }
  if (std::exchange(told_next_, true)) return;
  say_what_next();
  lines_shown_ = 0;  // the next table goes below what was said
}

void demo_supervisor::say_what_next() const {
  if (plan_.duration) return;
  const auto where = plan_.site.folder.ends_with("/perigee-demo") ? "" : " --data " + plan_.site.folder;
  print(
      std::format("\nIn another terminal:\n  {0} demo cut fog{1}\n  {0} demo heal fog{1}\n  {0} demo kill edge-1{1}\n"
                  "Ctrl-C ends it.\n",
                  own_program(), where));
}

demo_supervisor::member* demo_supervisor::find(std::string_view id) {
  const auto found = std::ranges::find_if(members_, [&](const auto& each) { return each->node.id == id; });
  return found == members_.end() ? nullptr : found->get();
}

demo_answer demo_supervisor::answer(const std::string& line) {
  const auto space = line.find(' ');
  const auto word = line.substr(0, space);
  const auto id = space == std::string::npos ? std::string() : line.substr(space + 1);
  if (word == "ping") return "ok";
  if (word == "state") return state();
  if (word == "stop") {
    stopping_ = true;
    return "ok the site goes down";
  }
  for (const auto verb : {demo_verb::cut, demo_verb::heal, demo_verb::kill, demo_verb::start}) {
    if (word != name_of(verb)) continue;
    auto said = apply(verb, id);
    tell(std::format("{} {}: {}", word, id, said));
    return said;
  }
  return "error this demo does not know '" + word + "'";
}

/// For the page of a node: the cables, and the counts of the table.
demo_answer demo_supervisor::state() const {
  std::string links;
  for (const auto& each : members_) {
    if (!each->cable) continue;
    links +=
        std::format(R"({}{{"name":"{}","cut":{}}})", links.empty() ? "" : ",", each->node.id, each->cable->is_cut());
  }
  const auto totals = count();
  return std::format(R"({{"links":[{}],"counters":{{"sent":{},"arrived":{},"lost":{},"doubled":{}}}}})", links,
                     totals.produced, totals.stored, totals.lost, totals.doubled);
}

demo_answer demo_supervisor::apply(demo_verb verb, const std::string& id) {
  auto* const of = find(id);
  if (of == nullptr) {
    const auto near = did_you_mean(id, demo_node_names());
    return std::format("error there is no node '{}'{}{}", id, near.empty() ? "" : "; ", near);
  }
  if ((verb == demo_verb::cut || verb == demo_verb::heal) && !of->cable) return "error nothing is above " + id;
  switch (verb) {
    case demo_verb::cut: of->cable->cut(); return "ok the cable is cut";
    case demo_verb::heal: of->cable->heal(); return "ok the cable is whole";
    case demo_verb::kill:
      if (!of->process.running()) return "error it does not run";
      of->wanted = false;
      of->process.signal(SIGKILL);
      return "ok killed";
    case demo_verb::start: break;
  }
  if (of->process.running()) return "error it runs already";
  of->wanted = true;
  const auto started = of->process.start();
  return started ? "ok started" : "error " + started.error().text();
}

/// Counts at both ends. The nodes have stopped.
result<> demo_supervisor::finish() {
  const auto& site = plan_.site;
  PG_TRY(const auto history,
         readers::history::store::open(
             {.path = site.home(site.nodes.front()) + "/data/history.db", .node = {}, .read_only = true}));
  demo_report report;
  PG_TRY(report.count, count_site(io::real_disk(), site.ledger(), site.devices, *history));
  report.seconds = std::chrono::duration<double>(clock::now() - started_).count();
  report.drain_readings_per_s = stored_per_s_max_;
  for (const auto& each : members_) {
    const auto bytes = each->cable ? each->cable->bytes_up() : 0;
    report.nodes.push_back({each->node.id, each->rss_bytes, each->start_ms, bytes});
    if (each->node.parent == site.nodes.front().id) report.uplink_bytes += bytes;
  }
  print(to_text(report));
  if (plan_.report_file) PG_TRY_VOID(io::write_whole(io::real_disk(), *plan_.report_file, as_bytes(to_json(report))));
  if (!report.good() && code_ == exit_code::ok) code_ = exit_code::failed;
  return {};
}

}  // namespace perigee::cli
