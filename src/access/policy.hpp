#pragma once
// Who may do what: the policy file (docs/formats/policy.md). Read whole and refused whole (promise P11), and never
// changed: a reload makes another.
//
// What is not allowed by a rule is refused, and a rule that denies wins over all that allow, whatever their order: as
// in AWS IoT policies, and as Mosquitto's `deny` does.

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "settings/option.hpp"

namespace perigee::access {

enum class action : std::uint8_t { publish, subscribe, receive };
inline constexpr std::size_t action_count = 3;
[[nodiscard]] std::string_view name_of(action a);

/// Who is asking, as it was found at CONNECT.
struct principal {
  std::string name{};         // the user's, or the certificate's that identifies it; empty: anonymous
  std::string certificate{};  // the name in its certificate; empty: it showed none
  std::string client_id{};
  std::string thing{};
  std::vector<std::string> groups{};
};

/// The `user`, `group`, `certificate`, `client` and `anonymous` of a rule: each that is given must hold. A name may
/// have
/// `*` in it, which stands for any characters.
struct who {
  std::vector<std::string> users{};
  std::vector<std::string> groups{};
  std::vector<std::string> certificates{};
  std::vector<std::string> clients{};
  std::optional<bool> anonymous{};

  [[nodiscard]] bool covers(const principal& p) const;
};

/// A topic filter with `${thing}`, `${clientid}`, `${user}` and `${group}` in it.
struct topic_pattern {
  settings::position at{};
  std::string text;
  bool has_variables = false;
  bool is_literal = false;  // stands for the filter itself, not for what it covers (`subscribe_literal`)
};

enum class effect : std::uint8_t { allow, deny };

struct policy_rule : who {
  settings::position at{};
  std::string name{};
  access::effect effect = effect::allow;
  std::array<std::vector<topic_pattern>, action_count> topics{};

  [[nodiscard]] const std::vector<topic_pattern>& of(action a) const { return topics[static_cast<std::size_t>(a)]; }
  /// "rule 3 'presses' (policy.toml:14)".
  [[nodiscard]] std::string title(std::string_view file) const;
};

/// Clients that are sent to another server (MQTT5 4.11).
struct redirect : who {
  settings::position at{};
  std::string to{};        // server reference: "broker-2.example.org:8883"
  bool permanent = false;  // the client is told to remember it
};

/// Why something may be done or not: the rule that decides, or none.
struct decision {
  bool allowed = false;
  const policy_rule* by = nullptr;
  std::string filter{};  // the rule's topic, its variables filled in
};

class policy {
 public:
  /// Every error at once, by position.
  [[nodiscard]] static std::expected<policy, diagnostics> parse(source_text source);

  /// Whether the client may publish on a topic or receive from it, or subscribe to a filter; a shared subscription's
  /// filter without what stands in front (access::without_share).
  ///
  /// To subscribe, one rule must allow all that the filter covers, and none deny a part of it or, literally, the filter
  /// itself. What may be subscribed to may be received, unless a rule about this client says `receive`: then only what
  /// such rules allow.
  [[nodiscard]] decision decide(const principal& who, action what, std::string_view topic) const;
  /// Whether a rule for this client has `receive` in it: else all that it is subscribed to may be received.
  [[nodiscard]] bool limits_receiving(const principal& who) const;
  /// The variable whose value cannot stand in a topic, for it has '/', '+', '#' or a control character in it, where a
  /// rule for this client needs it; empty: none. Such a client is not let in: it would slip past what denies.
  [[nodiscard]] std::string_view unfit_variable(const principal& who) const;
  /// Where the client is sent to; null: nowhere.
  [[nodiscard]] const redirect* redirected(const principal& who) const;

  [[nodiscard]] const std::vector<policy_rule>& rules() const { return rules_; }
  /// Whether it has rules at all; one with redirects alone allows everything.
  [[nodiscard]] bool restricts() const { return !rules_.empty(); }

 private:
  std::vector<policy_rule> rules_;
  std::vector<redirect> redirects_;
};

/// The documentation of the file, from the tables that read it.
[[nodiscard]] std::vector<settings::option_help> policy_file_options();

/// Whether `text` is what `pattern` says, where a `*` stands for any characters.
[[nodiscard]] bool fits(std::string_view pattern, std::string_view text);

}  // namespace perigee::access
