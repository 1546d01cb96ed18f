#include "model/sparkplug_topic.hpp"

#include <array>
#include <utility>

namespace perigee::model::sparkplug {
namespace {

constexpr std::string_view certificates = "$sparkplug/certificates/";

std::optional<message_type> type_from(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, message_type>, 8> names{{{"NBIRTH", message_type::nbirth},
                                                                                   {"NDEATH", message_type::ndeath},
                                                                                   {"DBIRTH", message_type::dbirth},
                                                                                   {"DDEATH", message_type::ddeath},
                                                                                   {"NDATA", message_type::ndata},
                                                                                   {"DDATA", message_type::ddata},
                                                                                   {"NCMD", message_type::ncmd},
                                                                                   {"DCMD", message_type::dcmd}}};
  for (const auto& [text, type] : names) {
    if (text == name) return type;
  }
  return std::nullopt;
}

bool is_of_device(message_type t) {
  return t == message_type::dbirth || t == message_type::ddeath || t == message_type::ddata || t == message_type::dcmd;
}

/// The level in front, taken off with its slash.
std::string_view take_level(std::string_view& rest) {
  const auto slash = rest.find('/');
  const auto level = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  return level;
}

}  // namespace

std::optional<topic_name> parse_topic(std::string_view topic) {
  if (!topic.starts_with(topic_namespace) || topic.substr(topic_namespace.size()).substr(0, 1) != "/") {
    return std::nullopt;
  }
  auto rest = topic.substr(topic_namespace.size() + 1);
  topic_name out;
  out.group = take_level(rest);
  const auto type = type_from(take_level(rest));
  out.edge_node = take_level(rest);
  out.device = rest;
  const bool one_level = out.device.find('/') == std::string_view::npos;
  if (!type || out.group.empty() || out.edge_node.empty() || !one_level) return std::nullopt;
  if (is_of_device(*type) == out.device.empty() || topic.ends_with('/')) return std::nullopt;
  out.type = *type;
  return out;
}

std::optional<std::string> certificate_topic(std::string_view topic) {
  const auto name = parse_topic(topic);
  if (!name || !is_birth(name->type)) return std::nullopt;
  return std::string(certificates).append(topic);
}

}  // namespace perigee::model::sparkplug
