#pragma once
// A whole site on one machine, as real processes under one roof.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/demo_control.hpp"
#include "cli/demo_process.hpp"
#include "cli/demo_relay.hpp"
#include "cli/demo_report.hpp"
#include "cli/demo_script.hpp"
#include "cli/demo_site.hpp"
#include "cli/demo_table.hpp"
#include "cli/node_status.hpp"
#include "io/scope.hpp"
#include "io/shard.hpp"
#include "io/stream.hpp"
#include "node/run_file.hpp"

namespace perigee::cli {

struct demo_plan {
  demo_site site;
  std::vector<demo_step> script;
  std::optional<nanoseconds> duration;  // absent: until someone ends it
  std::optional<std::string> report_file;
};

/// Starts the nodes, watches them, does what the script and other terminals say, and in the end counts. Owned by the
/// command, on its shard; ends with `run`. Nodes die with it, however it ends.
class demo_supervisor {
 public:
  demo_supervisor(io::shard& on, io::network& network, demo_plan plan, demo_control control);
  ~demo_supervisor();

  /// Makes the relays, writes the site's files and tells what was chosen.
  [[nodiscard]] result<> prepare();
  /// Until it is over; then `code()` is the command's.
  [[nodiscard]] io::task<> run();
  [[nodiscard]] exit_code code() const { return code_; }

 private:
  struct member;

  [[nodiscard]] io::task<> bring_up();
  [[nodiscard]] io::task<> join_all();
  [[nodiscard]] io::task<> introduce_children_of(const member& parent);
  [[nodiscard]] result<> start_node(member& of);
  [[nodiscard]] io::task<node::run_info> answering(const member& of);
  [[nodiscard]] io::task<std::string> create(const node::run_info& at, std::string path, std::string what);
  io::task<> watch(member& of);
  io::task<> tell_page(const member& of, node::run_info at);
  io::task<> wait_for_signals();
  [[nodiscard]] io::task<> live();
  [[nodiscard]] io::task<> drain();
  [[nodiscard]] io::task<> stop_nodes();
  [[nodiscard]] result<> finish();

  void tick();
  void reap();
  void follow_script();
  void show();
  [[nodiscard]] bool drained() const;
  [[nodiscard]] table_totals count() const;
  [[nodiscard]] demo_answer state() const;
  [[nodiscard]] demo_answer answer(const std::string& line);
  [[nodiscard]] demo_answer apply(demo_verb verb, const std::string& id);
  [[nodiscard]] member* find(std::string_view id);
  [[nodiscard]] double values_of(const member& of, const node_status& status) const;
  [[nodiscard]] std::uint64_t acked_at(std::string_view node) const;
  [[nodiscard]] table_row row_of(const member& of) const;
  void say_what_next() const;
  void tell(const std::string& sentence);

  io::shard& on_;
  io::network& network_;
  demo_plan plan_;
  demo_control control_;
  std::string root_fingerprint_;
  std::shared_ptr<io::tls_context> tls_;
  std::vector<std::unique_ptr<member>> members_;
  io::scope services_;
  clock::time_point started_;
  clock::time_point shown_;
  std::size_t next_step_ = 0;
  std::size_t lines_shown_ = 0;
  bool told_next_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  double stored_per_s_max_ = 0;  // into the cloud's history
  exit_code code_ = exit_code::ok;
};

}  // namespace perigee::cli
