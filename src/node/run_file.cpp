#include "node/run_file.hpp"

#include <boost/json.hpp>

namespace perigee::node {
namespace {

namespace json = boost::json;

constexpr std::uint64_t run_file_bytes_max = 64U << 10;

json::value to_value(const run_info::listener& l) {
  return {{"address", l.address}, {"port", l.port}, {"transport", l.transport}};
}

std::string text_of(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

double number_of(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  boost::system::error_code ec;
  const auto number = found == nullptr ? 0 : found->to_number<double>(ec);
  return ec ? 0 : number;
}

run_info::listener listener_of(const json::object& in) {
  return {text_of(in, "address"), static_cast<std::uint16_t>(number_of(in, "port")), text_of(in, "transport")};
}

}  // namespace

std::string run_file_of(const std::string& data_folder) { return data_folder + "/run.json"; }

result<> write_run_file(io::disk& on, const std::string& data_folder, const run_info& info) {
  json::object out{
      {"pid", info.pid}, {"id", info.id}, {"tier", info.tier}, {"started", info.started}, {"start_ms", info.start_ms}};
  if (info.api) out["api"] = to_value(*info.api);
  if (info.enrolment) out["enrolment"] = to_value(*info.enrolment);
  json::array listeners;
  for (const auto& each : info.mqtt) listeners.push_back(to_value(each));
  out["mqtt"] = std::move(listeners);
  out["token"] = info.token;
  return io::write_whole(on, run_file_of(data_folder), as_bytes(json::serialize(out) + "\n"));
}

result<run_info> read_run_file(io::disk& on, const std::string& data_folder) {
  PG_TRY(const auto bytes, io::read_whole(on, run_file_of(data_folder), run_file_bytes_max));
  boost::system::error_code ec;
  const auto parsed = json::parse(as_text(bytes), ec);
  if (ec || !parsed.is_object()) return fail(errc::malformed, "run.json is not a JSON object");
  const auto& in = parsed.get_object();
  run_info out;
  out.pid = static_cast<std::int64_t>(number_of(in, "pid"));
  out.id = text_of(in, "id");
  out.tier = text_of(in, "tier");
  out.started = text_of(in, "started");
  out.token = text_of(in, "token");
  out.start_ms = number_of(in, "start_ms");
  if (const auto* api = in.if_contains("api"); api != nullptr && api->is_object())
    out.api = listener_of(api->get_object());
  if (const auto* one = in.if_contains("enrolment"); one != nullptr && one->is_object())
    out.enrolment = listener_of(one->get_object());
  if (const auto* mqtt = in.if_contains("mqtt"); mqtt != nullptr && mqtt->is_array()) {
    for (const auto& each : mqtt->get_array()) {
      if (each.is_object()) out.mqtt.push_back(listener_of(each.get_object()));
    }
  }
  return out;
}

}  // namespace perigee::node
