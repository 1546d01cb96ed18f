#pragma once
// Rules: `*.rule.sql` files compiled together, and the alarms they hold. docs/rules.md describes the language.

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "rules/action.hpp"
#include "rules/event.hpp"

namespace perigee::rules {

namespace detail {
class engine;
}

/// One rule file as read: its name for messages and its text.
struct rule_source {
  std::string file;
  std::string text;
};

/// What a node's configuration says rules may deliver to: "webhook/ops", "email/operators".
using destinations = std::vector<std::string>;

/// A delivery is stored as a record of this topic and the destination's name, from where its carrier takes it.
inline constexpr std::string_view delivery_prefix = "$perigee/";

/// Gives the text of a file that a [[table]] names, by its path beside the rule's own. Asked while rules are loaded.
using table_files = function_ref<result<std::string>(const std::string& path)>;
/// Where there are no files to be had.
struct no_table_files {
  [[nodiscard]] result<std::string> operator()(const std::string& path) const;
};

/// Whether a set counts what each condition was: for tests of rules, not for a node.
enum class counting : std::uint8_t { off, on };

/// One condition of a rule (WHERE, HAVING, FILTER, WHEN, each operand of AND and OR) and how often it was what.
struct condition_counts {
  std::string file;
  std::uint32_t line = 0;    // from 1
  std::uint32_t column = 0;  // from 1, in bytes
  std::string text;          // "WHERE t > 85"
  std::uint64_t trues = 0;
  std::uint64_t falses = 0;
  std::uint64_t nulls = 0;
};

/// What a table holds now.
struct table_stats {
  std::string_view name;
  std::size_t rows = 0;
  std::size_t bytes = 0;
  std::uint64_t evicted = 0;  // rows that rules wrote, forgotten for want of room
};

/// What one rule did since it was loaded.
struct rule_stats {
  std::string_view name;
  std::string_view file;
  std::uint64_t seen = 0;     // events on its topics
  std::uint64_t matched = 0;  // events for which WHERE was true
  std::uint64_t actions = 0;  // published, stored, raised and cleared
  std::uint64_t errors = 0;   // NULL for want of a value: wrong type, division by zero, payload that is no JSON
  struct failure {
    timestamp at;            // arrival of the event
    std::string_view what;   // a sentence
    std::string_view topic;  // of the event; valid until the next one
  };
  std::optional<failure> last_error{};
  std::uint64_t dropped = 0;   // actions not taken: no valid topic came out, or output or alarms were at their bound
  std::uint64_t unjoined = 0;  // messages for which a JOIN found no row
  // Of a rule that remembers:
  std::uint64_t late = 0;       // messages of a window that had ended
  std::uint64_t evicted = 0;    // groups, or parts of a sliding window, forgotten for want of room
  std::size_t groups = 0;       // keys that something is remembered of now
  std::size_t state_bytes = 0;  // that they take
};

/// Decides about events, one at a time, without IO; without a window and in steady state without allocation. Owned by
/// the reader that feeds it, used on one shard; the reader's cursor and `snapshot()` belong in one commit, so that a
/// crash neither forgets nor repeats an alarm. A reload makes a new set and hands it the old one's snapshot.
class rule_set {
 public:
  /// Compiles every file, or says everything that is wrong with all of them. An empty list is a set that does nothing.
  /// A rule that delivers to what is not `known` is wrong; null: nobody knows.
  [[nodiscard]] static std::expected<rule_set, diagnostics> load(std::span<const rule_source> sources,
                                                                 table_files files = no_table_files{},
                                                                 const destinations* known = nullptr,
                                                                 counting conditions = counting::off);

  rule_set(rule_set&&) noexcept;
  rule_set& operator=(rule_set&&) noexcept;
  ~rule_set();

  /// Rules but interlocks.
  void apply(const event& e, action_sink& out);
  /// Interlocks: where a message arrives, before it is durable. They remember nothing, and only publish.
  void decide_at_once(const event& e, action_sink& out);
  [[nodiscard]] bool has_interlocks() const;
  /// Time is an input like any other: ends the windows that the lane moves and that end by then. What is said here must
  /// be said again at the same place among the lane's messages when they are decided on again.
  void advance(std::uint8_t lane, timestamp now, action_sink& out);
  /// When `advance` of this lane has something to do next; nothing where it has nothing.
  [[nodiscard]] std::optional<timestamp> next_deadline(std::uint8_t lane) const;

  /// Whether any rule listens to this topic.
  [[nodiscard]] bool wants(std::string_view topic) const;
  [[nodiscard]] std::size_t size() const;
  /// In the order of the files. Names stay valid as long as the set.
  [[nodiscard]] rule_stats stats(std::size_t rule) const;

  /// In the order in which the files declare them.
  [[nodiscard]] std::vector<table_stats> tables() const;

  /// In the order in which they are compiled; none where they are not counted.
  [[nodiscard]] std::vector<condition_counts> conditions() const;

  [[nodiscard]] std::size_t alarms_raised() const;
  /// Goes up with everything that changes the snapshot.
  [[nodiscard]] std::uint64_t version() const;
  /// Appends the raised alarms and what rules remember to `out`: docs/formats/rules-state.md.
  void snapshot(byte_buffer& out) const;
  /// Takes a snapshot over. What rules remember goes to those whose name and text are the same; an alarm whose rule is
  /// gone is cleared through `out` as of `now`. errc::corrupt or errc::unsupported leave the set as it was.
  [[nodiscard]] result<> restore(byte_view snapshot, timestamp now, action_sink& out);
  /// Goes on where another set stands: what it remembers, as `restore`, and what unchanged rules did up to now.
  [[nodiscard]] result<> take_over(const rule_set& from, timestamp now, action_sink& out);

 private:
  explicit rule_set(std::unique_ptr<detail::engine> engine);

  std::unique_ptr<detail::engine> engine_;
};

}  // namespace perigee::rules
