#pragma once
// Which column of a CSV is what: as the configuration says, and found by looking where it does not.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "csv/reader.hpp"
#include "doors/replay/time_format.hpp"

namespace perigee::doors::replay {

enum class replay_time : std::uint8_t { original, now };

struct replay_column {
  std::string name;                         // in the CSV's header
  std::string metric;                       // empty: the same
  std::string unit;                         // UCUM, for people and for history
  std::optional<std::uint32_t> decimals{};  // the sensor's resolution; absent: as written in the file
};

struct replay_options {
  std::string name{};   // the record's source
  std::string file{};   // for messages
  std::string topic{};  // where its readings go
  double speed = 1;     // 60: an hour in a minute; 0: as fast as they are taken
  bool loop = false;
  replay_time time = replay_time::now;
  std::string time_column{};             // empty: found by looking
  std::string time_format{};             // empty: found by looking
  std::vector<replay_column> columns{};  // empty: every column of numbers
};

struct value_column {
  std::size_t index = 0;
  std::string key;  // "\"metric\":", ready to write
  std::optional<std::uint32_t> decimals;
};

struct csv_layout {
  char separator = ',';
  bool header = true;
  std::size_t columns = 0;
  std::size_t time_column = 0;
  time_format time;
  std::vector<value_column> values;
};

/// Looks at the first rows only. Codes P0305, P0306, P0307, P0310, P0311, P0312.
[[nodiscard]] std::expected<csv_layout, diagnostics> find_layout(csv::byte_source& from, const replay_options& options);

/// A cell as a number: digits, perhaps a sign, a point and an exponent. Nothing for anything else.
[[nodiscard]] std::optional<double> number_in(std::string_view cell);
/// Whether a cell says that there is no value: empty, NaN, null, NA, -.
[[nodiscard]] bool says_nothing(std::string_view cell);

}  // namespace perigee::doors::replay
