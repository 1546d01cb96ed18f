#include "rules/detail/json_text.hpp"

#include "rules/detail/json_scalar.hpp"

namespace perigee::rules::detail {

namespace ondemand = simdjson::ondemand;

struct json_text::parser : json::padded_parser {
  /// A value that outlives the parser's next use: views of `text`, and what was unescaped as a copy in `texts`.
  std::optional<value> lasting(auto& in, std::string_view text, scratch& texts) {
    ondemand::json_type type{};
    if (in.type().get(type) != simdjson::SUCCESS) return std::nullopt;
    value out;
    const bool nested = type == ondemand::json_type::object || type == ondemand::json_type::array;
    if (nested ? !json::whole(in.raw_json(), out) : !json::scalar(in, type, out)) return std::nullopt;
    if (out.kind == value_kind::text) {
      texts.begin();
      texts.put(out.text);
      const auto copy = texts.take();
      if (!copy) return std::nullopt;
      out.text = *copy;
    } else if (!out.text.empty()) {
      out.text = this->in(text, out.text);
    }
    return out;
  }
};

json_text::json_text() : parser_(std::make_unique<parser>()) {}
json_text::~json_text() = default;

value json_text::parse(std::string_view text, scratch& texts) {
  ondemand::document document;
  if (!parser_->iterate(text, document)) return {};
  return parser_->lasting(document, text, texts).value_or(value{});
}

value json_text::element(std::string_view array, std::size_t at, scratch& texts) {
  ondemand::document document;
  ondemand::value found;
  if (!parser_->iterate(array, document) || document.at(at).get(found) != simdjson::SUCCESS) return {};
  return parser_->lasting(found, array, texts).value_or(value{});
}

value json_text::member(std::string_view object, std::string_view name, scratch& texts) {
  ondemand::document document;
  if (!parser_->iterate(object, document)) return {};
  ondemand::object members;
  if (document.get_object().get(members) != simdjson::SUCCESS) return {};
  for (auto one : members) {
    ondemand::field field;
    std::string_view key;
    if (std::move(one).get(field) != simdjson::SUCCESS) return {};
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return {};
    if (key == name) return parser_->lasting(field.value(), object, texts).value_or(value{});
  }
  return {};
}

bool json_text::for_each(std::string_view array, scratch& texts, function_ref<bool(const value&)> visit) {
  ondemand::document document;
  ondemand::array elements;
  if (!parser_->iterate(array, document) || document.get_array().get(elements) != simdjson::SUCCESS) return false;
  for (auto one : elements) {
    ondemand::value element;
    if (std::move(one).get(element) != simdjson::SUCCESS) return false;
    const auto lasting = parser_->lasting(element, array, texts);
    if (!lasting) return false;
    if (!visit(*lasting)) return true;
  }
  return true;
}

}  // namespace perigee::rules::detail
