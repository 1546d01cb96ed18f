#include "control/enrolment/provisioning_template.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "base/identity_limits.hpp"
#include "base/printable.hpp"

namespace perigee::control::enrolment {
namespace {

namespace json = boost::json;

constexpr std::string_view certificate_id_parameter = "AWS::IoT::Certificate::Id";
constexpr std::string_view serial_number_parameter = "SerialNumber";

}  // namespace

/// Walks a template's JSON. The first fault ends it.
class template_reader {
 public:
  std::expected<provisioning_template, std::string> read(std::string_view text) {
    if (text.size() > limits::provisioning_template_bytes_max) return std::unexpected("it is larger than 10240 bytes");
    boost::system::error_code failed;
    const auto parsed = json::parse(text, failed, {}, {.max_depth = limits::provisioning_json_depth_max});
    if (failed || !parsed.is_object()) return std::unexpected("it is no JSON object");
    const auto& top = parsed.get_object();
    known_keys(top, "the template", {"Parameters", "Resources", "DeviceConfiguration"});
    if (const auto* all = object_in(top, "Parameters", "the template")) read_parameters(*all);
    if (const auto* all = object_in(top, "DeviceConfiguration", "the template")) read_configuration(*all);
    if (const auto* all = object_in(top, "Resources", "the template")) read_resources(*all);
    if (fault_.empty() && !has_thing_) fail("Resources has no AWS::IoT::Thing");
    if (fault_.empty() && !has_certificate_) fail("Resources has no AWS::IoT::Certificate");
    if (!fault_.empty()) return std::unexpected(std::move(fault_));
    return std::move(made_);
  }

 private:
  void fail(std::string why) {
    if (fault_.empty()) fault_ = printable(why);
  }

  void known_keys(const json::object& in, std::string_view where, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : in) {
      if (!std::ranges::contains(known, std::string_view(key))) {
        fail(std::format("{} has '{}', which is not known here", where, std::string_view(key)));
      }
    }
  }
  const json::object* object_in(const json::object& in, std::string_view key, std::string_view where) {
    const auto* found = in.if_contains(key);
    if (found == nullptr) return nullptr;
    if (!found->is_object()) fail(std::format("{} of {} is no object", key, where));
    return found->if_object();
  }
  std::string string_in(const json::value& from, std::string_view where) {
    if (const auto* text = from.if_string()) return std::string(*text);
    fail(std::format("{} is no text", where));
    return {};
  }

  void read_parameters(const json::object& all) {
    if (all.size() > limits::provisioning_parameters_max) fail("it has more than 64 parameters");
    for (const auto& [name, value] : all) {
      auto& into = made_.parameters_[std::string(name)];
      const auto* one = value.if_object();
      if (one == nullptr) return fail(std::format("parameter '{}' is no object", std::string_view(name)));
      known_keys(*one, std::format("parameter '{}'", std::string_view(name)), {"Type", "Default"});
      const auto* type = one->if_contains("Type");
      if (type == nullptr || string_in(*type, "Type") != "String") fail("the Type of every parameter is \"String\"");
      if (const auto* initial = one->if_contains("Default")) into = string_in(*initial, "Default");
    }
  }

  void read_configuration(const json::object& all) {
    for (const auto& [name, value] : all) {
      made_.configuration_[std::string(name)] = string_in(value, "a value of DeviceConfiguration");
    }
  }

  void read_resources(const json::object& all) {
    for (const auto& [name, value] : all) {
      const auto* one = value.if_object();
      const auto* type = one == nullptr ? nullptr : one->if_contains("Type");
      if (type == nullptr) return fail(std::format("resource '{}' has no Type", std::string_view(name)));
      const auto is = string_in(*type, "Type");
      known_keys(*one, std::format("resource '{}'", std::string_view(name)), {"Type", "Properties"});
      const auto* properties = object_in(*one, "Properties", name);
      if (properties == nullptr) return fail(std::format("resource '{}' has no Properties", std::string_view(name)));
      if (is == "AWS::IoT::Thing") {
        read_thing(*properties);
      } else if (is == "AWS::IoT::Certificate") {
        read_certificate(*properties);
      } else if (is == "AWS::IoT::Policy") {
        read_policy(*properties);
      } else {
        fail(std::format("a resource of type '{}' is not known here", is));
      }
    }
  }

  void read_thing(const json::object& of) {
    if (std::exchange(has_thing_, true)) fail("there are two of AWS::IoT::Thing");
    known_keys(of, "AWS::IoT::Thing", {"ThingName", "AttributePayload", "ThingGroups"});
    const auto* name = of.if_contains("ThingName");
    if (name == nullptr) return fail("AWS::IoT::Thing has no ThingName");
    made_.thing_name_ = read_text(*name);
    if (const auto* all = object_in(of, "AttributePayload", "AWS::IoT::Thing")) {
      for (const auto& [key, value] : *all) made_.attributes_.emplace_back(std::string(key), read_text(value));
    }
    if (const auto* all = of.if_contains("ThingGroups")) {
      if (!all->is_array()) return fail("ThingGroups is no list");
      for (const auto& each : all->get_array()) made_.groups_.push_back(read_text(each));
    }
  }

  void read_certificate(const json::object& of) {
    if (std::exchange(has_certificate_, true)) fail("there are two of AWS::IoT::Certificate");
    known_keys(of, "AWS::IoT::Certificate", {"CertificateId", "Status"});
    const auto* id = of.if_contains("CertificateId");
    const auto* ref = id == nullptr || !id->is_object() ? nullptr : id->get_object().if_contains("Ref");
    if (ref == nullptr || string_in(*ref, "Ref") != certificate_id_parameter) {
      fail("CertificateId is {\"Ref\": \"AWS::IoT::Certificate::Id\"}: devices bring no certificate of their own");
    }
    if (const auto* status = of.if_contains("Status")) {
      auto text = string_in(*status, "Status");
      std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
      if (text != "ACTIVE") fail("the Status of a certificate is \"Active\"");
    }
  }

  void read_policy(const json::object& of) {
    known_keys(of, "AWS::IoT::Policy", {"PolicyName"});
    const auto* name = of.if_contains("PolicyName");
    if (name == nullptr) return fail("AWS::IoT::Policy has no PolicyName");
    made_.groups_.push_back(read_text(*name));
  }

  /// A text, {"Ref": P}, {"Fn::Join": [SEPARATOR, [TEXT ...]]} or {"Fn::Sub": "a ${P} b"}.
  template_text read_text(const json::value& from) {
    template_text out;
    if (const auto* plain = from.if_string()) {
      out.add({std::string(*plain)});
      return out;
    }
    const auto* call = from.if_object();
    if (call == nullptr || call->size() != 1) return fail("a value is a text, Ref, Fn::Join or Fn::Sub"), out;
    const auto& [name, argument] = *call->begin();
    if (name == "Ref") return parameter(string_in(argument, "Ref"));
    if (name == "Fn::Join") return join(argument);
    if (name == "Fn::Sub") return substitute(string_in(argument, "Fn::Sub"));
    fail(std::format("'{}' is not known here: Ref, Fn::Join or Fn::Sub", std::string_view(name)));
    return out;
  }

  template_text parameter(std::string name) {
    if (name != certificate_id_parameter && !made_.parameters_.contains(name)) {
      fail(std::format("'{}' is not among the Parameters", name));
    }
    template_text out;
    out.add({std::move(name), true});
    return out;
  }

  template_text join(const json::value& argument) {
    template_text out;
    const auto* both = argument.if_array();
    const bool right = both != nullptr && both->size() == 2 && (*both)[0].is_string() && (*both)[1].is_array();
    if (!right) return fail("Fn::Join takes [SEPARATOR, [TEXT, ...]]"), out;
    const std::string separator((*both)[0].get_string());
    bool first = true;
    for (const auto& each : (*both)[1].get_array()) {
      if (!std::exchange(first, false) && !separator.empty()) out.add({separator});
      out.add(read_text(each));
    }
    return out;
  }

  template_text substitute(std::string_view text) {
    template_text out;
    while (!text.empty()) {
      const auto begin = text.find("${");
      if (begin != 0) out.add({std::string(text.substr(0, begin))});
      if (begin == std::string_view::npos) break;
      const auto end = text.find('}', begin);
      if (end == std::string_view::npos) return fail("Fn::Sub has a '${' without its '}'"), out;
      out.add(parameter(std::string(text.substr(begin + 2, end - begin - 2))));
      text.remove_prefix(end + 1);
    }
    return out;
  }

  provisioning_template made_;
  std::string fault_;
  bool has_thing_ = false;
  bool has_certificate_ = false;
};

namespace {

std::string fill(const template_text& in, const text_map& values) {
  std::string out;
  for (const auto& [text, is_parameter] : in.pieces()) {
    const auto found = is_parameter ? values.find(text) : values.end();
    out += is_parameter ? (found == values.end() ? std::string() : found->second) : text;
  }
  return out;
}

}  // namespace

std::expected<provisioning_template, std::string> provisioning_template::parse(std::string_view json) {
  return template_reader().read(json);
}

std::expected<provisioned_thing, std::string> provisioning_template::apply(const text_map& given,
                                                                           std::string_view certificate_id) const {
  for (const auto& [name, value] : given) {
    if (!parameters_.contains(name)) return std::unexpected(std::format("there is no parameter '{}'", printable(name)));
  }
  text_map filled{{std::string(certificate_id_parameter), std::string(certificate_id)}};
  for (const auto& [name, initial] : parameters_) {
    if (name == certificate_id_parameter) continue;
    const auto found = given.find(name);
    if (found == given.end() && !initial) return std::unexpected(std::format("the parameter '{}' is missing", name));
    filled[name] = found == given.end() ? *initial : found->second;
  }
  provisioned_thing out{.name = fill(thing_name_, filled)};
  for (const auto& [name, text] : attributes_) out.attributes[name] = fill(text, filled);
  for (const auto& each : groups_) out.groups.push_back(fill(each, filled));
  std::ranges::sort(out.groups);
  const auto [again, end] = std::ranges::unique(out.groups);
  out.groups.erase(again, end);
  if (const auto found = filled.find(serial_number_parameter); found != filled.end()) out.serial_number = found->second;
  return out;
}

}  // namespace perigee::control::enrolment
