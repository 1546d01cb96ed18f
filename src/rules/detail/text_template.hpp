#pragma once
// Text with ${expressions} in it: the topic and the payload of an action.

#include <optional>
#include <string>
#include <vector>

#include "rules/detail/binder.hpp"
#include "rules/detail/header.hpp"

namespace perigee::rules::detail {

struct template_part {
  std::string literal{};
  std::optional<node_id> value{};  // instead of the literal
  bool whole_topic = false;        // the value is topic(): the only one that may bring slashes with it
  bool in_text = false;            // the value stands within a JSON text: without quotes of its own
};
using text_template = std::vector<template_part>;

[[nodiscard]] text_template bind_template(const located_string& text, binder& with, problems& wrong);

/// The same for a text that stands between quotes in JSON.
[[nodiscard]] text_template bind_text(const located_string& text, binder& with, problems& wrong);

/// Text that becomes part of a topic: nothing where a value is NULL or would change the shape of the topic. What a
/// device sends must not choose among other devices' topics, so a value is one level at most.
[[nodiscard]] std::optional<std::string_view> render_topic(const text_template& of, const program& code,
                                                           const evaluation& with, scratch& out);
/// JSON with the values as JSON. Nothing where there is no room in `out`.
[[nodiscard]] std::optional<std::string_view> render_payload(const text_template& of, const program& code,
                                                             const evaluation& with, scratch& out);

/// The topic with a placeholder for each value: what it has in common with every topic that can come out.
[[nodiscard]] std::string shape_of(const text_template& of);

}  // namespace perigee::rules::detail
