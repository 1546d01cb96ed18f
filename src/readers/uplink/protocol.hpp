#pragma once
// What child and parent say to each other over MQTT. docs/formats/uplink.md.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "journal/lineage.hpp"
#include "model/record.hpp"

namespace perigee::readers::uplink {

inline constexpr std::string_view up_prefix = "$perigee/uplink/";
inline constexpr std::string_view down_prefix = "$perigee/downlink/";

enum class subject : std::uint8_t { hello, lane, newest };

/// "$perigee/uplink/NODE/SUBJECT" taken apart; `lane` counts where the subject is a lane.
struct up_topic {
  std::string_view node;
  uplink::subject subject = subject::hello;
  model::lane lane = model::lane::bulk;
};
[[nodiscard]] std::optional<up_topic> parse_up_topic(std::string_view topic);
[[nodiscard]] std::string hello_topic(std::string_view node);
[[nodiscard]] std::string lane_topic(std::string_view node, model::lane l);
[[nodiscard]] std::string newest_topic(std::string_view node);
[[nodiscard]] std::string welcome_topic(std::string_view node);
/// "$perigee/downlink/NODE/SUBJECT"
[[nodiscard]] std::string downlink_topic(std::string_view node, std::string_view subject);
[[nodiscard]] std::string downlink_filter(std::string_view node);

struct hello {
  journal::lineage lives;
  std::string version{};  // of the child's program, for people, as its tier is
  std::string tier{};
};
/// Where one lane goes on.
struct lane_welcome {
  log_offset next{};    // the first offset that the parent does not have, of this child's own
  bool forked = false;  // the parent has records of this node that are not in this journal: it is an older copy, or new
  bool no_common = false;  // and the parent knows none of its lives: `next` says nothing, the child goes by its cursor
  bool operator==(const lane_welcome&) const = default;
};
struct welcome {
  perigee::epoch life;  // as in the hello
  std::array<lane_welcome, model::lane_count> lanes{};

  [[nodiscard]] bool forked() const;
};

[[nodiscard]] byte_buffer encode(const hello& h);
[[nodiscard]] byte_buffer encode(const welcome& w);
/// errc::malformed, or errc::unsupported for a version this program does not know.
[[nodiscard]] result<hello> decode_hello(byte_view in);
[[nodiscard]] result<welcome> decode_welcome(byte_view in);

/// Under which name a child's records are stamped in its parent's journal.
[[nodiscard]] std::string source_of(std::string_view child);
/// And under which name the parent's alarms about it are: a child's name has no '#', as it stands in topics.
[[nodiscard]] std::string fork_source_of(std::string_view child);

}  // namespace perigee::readers::uplink
