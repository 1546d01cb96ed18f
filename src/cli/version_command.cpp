#include <openssl/crypto.h>
#include <sqlite3.h>
#include <zstd.h>

#include <boost/version.hpp>
#include <format>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/qr_text.hpp"
#include "client/transfer.hpp"

namespace perigee::cli {
namespace {

struct part {
  std::string_view name;
  std::string version;
};

std::vector<part> parts() {
  std::vector<part> out = {
      {"boost", std::format("{}.{}.{}", BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
      {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
      {"sqlite", sqlite3_libversion()},
      {"zstd", ZSTD_versionString()}};
  if (auto curl = client::transfer_library_version(); !curl.empty()) out.push_back({"curl", std::move(curl)});
  if (auto qr = qr_library_version(); !qr.empty()) out.push_back({"qrencode", std::move(qr)});
  return out;
}

}  // namespace

exit_code run_version(const invocation& called) {
  std::string out = called.json() ? std::format(R"({{"version":"{}","parts":{{)", PERIGEE_VERSION)
                                  : std::format("perigee {}\n", PERIGEE_VERSION);
  bool first = true;
  for (const auto& one : parts()) {
    const auto* comma = std::exchange(first, false) ? "" : ",";
    out += called.json() ? std::format("{}{}:{}", comma, json_text(one.name), json_text(one.version))
                         : std::format("  {:<8} {}\n", one.name, one.version);
  }
  print(out + (called.json() ? "}}\n" : ""));
  return exit_code::ok;
}

}  // namespace perigee::cli
