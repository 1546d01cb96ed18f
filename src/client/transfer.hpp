#pragma once
// Requests by libcurl: HTTP to systems that are not Perigee's, and SMTP. They block: for a thread of their own.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace perigee::client {

/// How the other side is held to be who it says, and who this side says it is. Paths of PEM files.
struct transfer_trust {
  std::string authority{};  // empty: those that the machine trusts
  std::string certificate{};
  std::string key{};
};

struct post_order {
  std::string url;  // http or https; a redirection is not followed
  std::vector<std::string> headers{};
  transfer_trust trust{};
  nanoseconds timeout = std::chrono::seconds(10);  // of the whole request
};

struct mail_order {
  std::string url;            // smtp://host:port or smtps://host:port
  bool in_the_clear = false;  // smtp without STARTTLS (RFC 3207) will do
  std::string user{};         // empty: none
  std::string password{};
  std::string from;  // the envelope's: an address alone
  std::vector<std::string> to;
  transfer_trust trust{};
  nanoseconds timeout = std::chrono::seconds(10);
};

/// What came of a request.
struct transfer_outcome {
  unsigned code = 0;           // the last of HTTP or SMTP; 0: there was no answer
  nanoseconds retry_after{0};  // what the answer asks for (RFC 9110 10.2.3)
  std::string failure{};       // why there was none, or why SMTP refused; empty where HTTP answered, or SMTP took it
};

/// One connection's worth of libcurl, which is loaded where the first one is opened: a node that does without does
/// without its memory too (4 MB). Used on one thread at a time, but for `stop`.
class transfers {
 public:
  /// errc::unsupported: built without libcurl, or the machine has none.
  [[nodiscard]] static result<std::unique_ptr<transfers>> open();
  ~transfers();
  transfers(const transfers&) = delete;
  transfers& operator=(const transfers&) = delete;

  [[nodiscard]] transfer_outcome post(const post_order& order, byte_view body);
  /// A message as RFC 5322 has it.
  [[nodiscard]] transfer_outcome send(const mail_order& order, std::string_view message);
  /// On any thread: what runs ends within about a second, and what comes later at once.
  void stop() { stopped_ = true; }

 private:
  struct session;
  explicit transfers(std::unique_ptr<session> with);

  std::atomic<bool> stopped_ = false;
  std::unique_ptr<session> session_;
};

/// "8.14.1" where it is built in; else empty.
[[nodiscard]] std::string transfer_library_version();

}  // namespace perigee::client
