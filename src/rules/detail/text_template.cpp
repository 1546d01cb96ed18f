#include "rules/detail/text_template.hpp"

#include <algorithm>

#include "rules/detail/parser.hpp"
#include "wire/mqtt/text.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::rules::detail {
namespace {

/// The '}' that closes what starts at `at`; one inside quotes does not.
std::size_t closing_brace(std::string_view text, std::size_t at) {
  char quote = '\0';
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '}') {
      return at;
    }
  }
  return std::string_view::npos;
}

bool is_whole_topic(const expression& e) {
  return e.code == op::call && e.args.empty() && equal_ignoring_case(e.name, "topic");
}

template_part bind_part(located_text text, binder& with, problems& wrong) {
  template_part out;
  expression_pool pool;
  const auto parsed = parse_expression(text, pool, wrong);
  if (!parsed) return out;
  out.whole_topic = is_whole_topic(pool[*parsed]);
  out.value = with.bind(pool, *parsed).id;
  return out;
}

bool fits_into_topic(const value& v, bool whole_topic) {
  if (v.is_null() || v.kind == value_kind::json) return false;
  if (v.kind != value_kind::text) return true;
  if (v.text.empty() || !wire::mqtt::is_valid_text(v.text)) return false;
  return v.text.find_first_of(whole_topic ? "+#" : "+#/") == std::string_view::npos;
}

std::string escaped(std::string_view text) {
  scratch room(text.size() * 6);
  room.begin();
  put_escaped(room, text);
  return std::string(room.take().value_or(""));
}

}  // namespace

text_template bind_template(const located_string& source, binder& with, problems& wrong) {
  text_template out;
  const auto whole = source.view();
  for (std::size_t at = 0; at < whole.text.size();) {
    const auto open = std::min(whole.text.find("${", at), whole.text.size());
    if (open > at) out.push_back({.literal = std::string(whole.text.substr(at, open - at)), .value = {}});
    if (open == whole.text.size()) break;
    const auto close = closing_brace(whole.text, open + 2);
    if (close == std::string_view::npos) {
      wrong.add(whole.place(open, 2), "P0218", "this '${' is never closed", "write ${expression}, such as ${topic(2)}");
      break;
    }
    out.push_back(bind_part(whole.part(open + 2, close - open - 2), with, wrong));
    at = close + 1;
  }
  return out;
}

text_template bind_text(const located_string& source, binder& with, problems& wrong) {
  auto out = bind_template(source, with, wrong);
  for (auto& part : out) {
    part.in_text = true;
    if (!part.value) part.literal = escaped(part.literal);
  }
  return out;
}

std::optional<std::string_view> render_topic(const text_template& of, const program& code, const evaluation& with,
                                             scratch& out) {
  out.begin();
  bool good = true;
  for (const auto& part : of) {
    if (!part.value) {
      out.put(part.literal);
      continue;
    }
    const auto v = evaluate(code, *part.value, with);
    good &= fits_into_topic(v, part.whole_topic);
    put_plain(out, v);
  }
  const auto topic = out.take();
  return good && topic && wire::mqtt::is_topic_name(*topic) ? topic : std::nullopt;
}

std::optional<std::string_view> render_payload(const text_template& of, const program& code, const evaluation& with,
                                               scratch& out) {
  out.begin();
  for (const auto& part : of) {
    if (part.value && part.in_text) {
      put_in_text(out, evaluate(code, *part.value, with));
    } else if (part.value) {
      put_json(out, evaluate(code, *part.value, with));
    } else {
      out.put(part.literal);
    }
  }
  return out.take();
}

std::string shape_of(const text_template& of) {
  std::string out;
  for (const auto& part : of) out += part.value ? std::string(1, '\x01') : part.literal;
  return out;
}

}  // namespace perigee::rules::detail
