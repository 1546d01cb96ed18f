#pragma once
// Templates of AWS IoT fleet provisioning: what becomes of a device that says its parameters. A part of AWS's own JSON;
// the rest is refused by name. docs/provisioning.md.

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perigee::control::enrolment {

using text_map = std::map<std::string, std::string, std::less<>>;

/// A text with parameters in it: what Ref, Fn::Join and Fn::Sub come to.
class template_text {
 public:
  struct piece {
    std::string text;  // as it is, or the name of a parameter
    bool is_parameter = false;
  };

  void add(piece one) { pieces_.push_back(std::move(one)); }
  void add(const template_text& other) { pieces_.insert(pieces_.end(), other.pieces_.begin(), other.pieces_.end()); }
  [[nodiscard]] const std::vector<piece>& pieces() const { return pieces_; }

 private:
  std::vector<piece> pieces_;
};

/// What a template makes of a device.
struct provisioned_thing {
  std::string name;
  text_map attributes{};
  std::vector<std::string> groups{};  // sorted, none twice
  std::string serial_number{};        // the parameter SerialNumber; empty: it has none
};

/// A value: read once, when an operator adds it, and whenever it is used.
class provisioning_template {
 public:
  /// What is wrong with it as a sentence that says where.
  [[nodiscard]] static std::expected<provisioning_template, std::string> parse(std::string_view json);

  /// Of the parameters that a device says and the id of its certificate; a sentence where one is missing or unknown.
  [[nodiscard]] std::expected<provisioned_thing, std::string> apply(const text_map& given,
                                                                    std::string_view certificate_id) const;
  /// What the device is told beside its name (DeviceConfiguration).
  [[nodiscard]] const text_map& configuration() const { return configuration_; }

 private:
  friend class template_reader;
  std::map<std::string, std::optional<std::string>, std::less<>> parameters_{};  // with what they are where not said
  template_text thing_name_{};
  std::vector<std::pair<std::string, template_text>> attributes_{};
  std::vector<template_text> groups_{};
  text_map configuration_{};
};

}  // namespace perigee::control::enrolment
