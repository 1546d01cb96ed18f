#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "model/detail/sparkplug_payload.hpp"
#include "model/payload.hpp"
#include "model/sparkplug_topic.hpp"

namespace perigee::model::detail {

/// Sparkplug B messages into readings. A birth certificate names an edge node's metrics and types; what follows may
/// say just an alias (6.4.9), so births are remembered: at most limits::sparkplug_nodes_max edge nodes and devices,
/// with limits::sparkplug_metrics_max metrics each and limits::sparkplug_known_metrics_max together. A death makes
/// every metric of whoever died a reading of quality bad (5.6). Part of a payload_decoder.
class sparkplug_decoder {
 public:
  /// As payload_decoder::decode. errc::malformed also for an alias that no birth has named.
  [[nodiscard]] result<> decode(const sparkplug::topic_name& name, byte_view payload, timestamp arrival,
                                std::string_view scope, payload_decoder::sink each);

 private:
  /// Metrics of the edge node itself (under an empty name) or of one of its devices.
  struct known_device {
    std::map<std::string, sparkplug::data_type, std::less<>> types;
    std::map<std::uint64_t, std::string> names;  // by alias
  };
  using edge_node = std::map<std::string, known_device, std::less<>>;

  struct found {
    std::string_view name;  // in the payload, or in what is known
    timestamp time;
    value_view value;
    model::quality quality;
    std::string_view why;
  };

  result<> read_metric(const sparkplug::metric& m, bool is_birth, const known_device* known, timestamp otherwise);
  void learn(const sparkplug::topic_name& name);
  void mourn(const sparkplug::topic_name& name, timestamp at, payload_decoder::sink each);
  [[nodiscard]] const known_device* find(const sparkplug::topic_name& name) const;
  std::string_view name_device(const sparkplug::topic_name& name, std::string_view device);

  std::map<std::string, edge_node, std::less<>> edge_nodes_;
  std::size_t devices_ = 0;   // of all edge nodes, they themselves included
  std::size_t metrics_ = 0;   // of all devices
  std::string key_;           // of the edge node that is being read
  known_device born_;         // of the birth that is being read
  std::vector<found> found_;  // of the message that is being read
  std::string device_;        // scratch
};

}  // namespace perigee::model::detail
