#pragma once
// One table of commands: it generates the parsing, the help and what "did you mean" can say.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace perigee::cli {

/// As sysexits.h has them, so that scripts can tell a wrong call from a wrong file from a node that is not there.
enum class exit_code : int { ok = 0, failed = 1, usage = 64, unavailable = 69, software = 70, config = 78 };

/// How often: at most once, once, at least once, or any number of times.
enum class presence { optional, required, many, any };

/// "--for": an option with a value; "--clean": one without; "file": a positional argument.
struct argument {
  std::string_view name;
  std::string_view value;  // "SECONDS"; empty for a flag. For a positional, how it is shown: "FILE"
  std::string_view help;
  presence need = presence::optional;
};

/// What a command was called with.
class invocation {
 public:
  void set(std::string_view name, std::vector<std::string> values) { values_[std::string(name)] = std::move(values); }

  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::span<const std::string> all(std::string_view name) const;
  /// errc::malformed where the text is not a whole number.
  [[nodiscard]] result<std::uint64_t> whole_number(std::string_view name, std::uint64_t otherwise) const;
  [[nodiscard]] bool json() const { return has("--json"); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

struct command {
  std::string_view name;  // "demo cut": one below another
  std::string_view summary;
  std::span<const argument> arguments;
  exit_code (*run)(const invocation& called);
};

/// Every command, in the order of the help.
[[nodiscard]] std::span<const command> commands();

/// Parses, runs, and gives the process's exit code.
[[nodiscard]] int run_command_line(std::span<const command> table, int argc, const char* const* argv);

exit_code run_run(const invocation& called);
exit_code run_validate(const invocation& called);
exit_code run_explain(const invocation& called);
exit_code run_version(const invocation& called);
exit_code run_completion(const invocation& called);
exit_code run_doctor(const invocation& called);
exit_code run_page(const invocation& called);
exit_code run_status(const invocation& called);
exit_code run_journal(const invocation& called);
exit_code run_rule(const invocation& called);
exit_code run_rule_ls(const invocation& called);
exit_code run_rule_show(const invocation& called);
exit_code run_rule_tap(const invocation& called);
exit_code run_rule_run(const invocation& called);
exit_code run_rule_explain(const invocation& called);
exit_code run_rule_infer(const invocation& called);
exit_code run_journal_ls(const invocation& called);
exit_code run_journal_dump(const invocation& called);
exit_code run_journal_verify(const invocation& called);
exit_code run_journal_repair(const invocation& called);
exit_code run_quarantine(const invocation& called);
exit_code run_quarantine_ls(const invocation& called);
exit_code run_quarantine_show(const invocation& called);
exit_code run_quarantine_retry(const invocation& called);
exit_code run_quarantine_drop(const invocation& called);
exit_code run_mqtt(const invocation& called);
exit_code run_mqtt_clients(const invocation& called);
exit_code run_mqtt_client(const invocation& called);
exit_code run_mqtt_kick(const invocation& called);
exit_code run_mqtt_subs(const invocation& called);
exit_code run_mqtt_retained(const invocation& called);
exit_code run_mqtt_trace(const invocation& called);
exit_code run_pub(const invocation& called);
exit_code run_sub(const invocation& called);
exit_code run_ca(const invocation& called);
exit_code run_ca_init(const invocation& called);
exit_code run_ca_show(const invocation& called);
exit_code run_ca_issue(const invocation& called);
exit_code run_ca_rollover(const invocation& called);
exit_code run_join(const invocation& called);
exit_code run_attest(const invocation& called);
exit_code run_device(const invocation& called);
exit_code run_device_add(const invocation& called);
exit_code run_device_ls(const invocation& called);
exit_code run_device_show(const invocation& called);
exit_code run_device_set(const invocation& called);
exit_code run_device_suspend(const invocation& called);
exit_code run_device_resume(const invocation& called);
exit_code run_device_retire(const invocation& called);
exit_code run_device_delete(const invocation& called);
exit_code run_device_import(const invocation& called);
exit_code run_enrolment(const invocation& called);
exit_code run_enrolment_ls(const invocation& called);
exit_code run_enrolment_approve(const invocation& called);
exit_code run_enrolment_deny(const invocation& called);
exit_code run_certificate(const invocation& called);
exit_code run_certificate_ls(const invocation& called);
exit_code run_certificate_revoke(const invocation& called);
exit_code run_certificate_lists(const invocation& called);
exit_code run_token(const invocation& called);
exit_code run_token_create(const invocation& called);
exit_code run_token_ls(const invocation& called);
exit_code run_token_revoke(const invocation& called);
exit_code run_user(const invocation& called);
exit_code run_user_add(const invocation& called);
exit_code run_user_passwd(const invocation& called);
exit_code run_user_rm(const invocation& called);
exit_code run_user_ls(const invocation& called);
exit_code run_user_token(const invocation& called);
exit_code run_user_link(const invocation& called);
exit_code run_user_disable(const invocation& called);
exit_code run_user_enable(const invocation& called);
exit_code run_user_may(const invocation& called);
exit_code run_tail(const invocation& called);
exit_code run_test(const invocation& called);
exit_code run_bench_mqtt(const invocation& called);
exit_code run_bench_mqtt_fan_in(const invocation& called);
exit_code run_bench_mqtt_fan_out(const invocation& called);
exit_code run_bench_mqtt_p2p(const invocation& called);
exit_code run_bench_mqtt_connect(const invocation& called);
exit_code run_demo(const invocation& called);
exit_code run_demo_cut(const invocation& called);
exit_code run_demo_heal(const invocation& called);
exit_code run_demo_kill(const invocation& called);
exit_code run_demo_start(const invocation& called);
exit_code run_demo_stop(const invocation& called);

}  // namespace perigee::cli
