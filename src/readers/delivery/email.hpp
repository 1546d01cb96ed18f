#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/transfer.hpp"
#include "readers/delivery/carrier.hpp"

namespace perigee::readers::delivery {

struct email_options {
  std::string url;  // smtp or smtps
  bool in_the_clear = false;
  client::transfer_trust trust{};
  nanoseconds timeout = std::chrono::seconds(10);
  std::string user{};
  std::function<result<std::string>()> password{};  // read at each try; null: none
  std::string from;
  std::vector<std::string> to;
};

/// Sends what was decided to people, by SMTP (RFC 5321).
class email final : public carrier {
 public:
  /// errc::unsupported where there is no libcurl.
  static result<std::unique_ptr<email>> open(email_options options);

  [[nodiscard]] verdict carry(const parcel& what) override;
  void stop() override { smtp_->stop(); }

 private:
  email(std::unique_ptr<client::transfers> smtp, email_options options)
      : smtp_(std::move(smtp)), options_(std::move(options)) {}

  std::unique_ptr<client::transfers> smtp_;
  email_options options_;
};

/// An address that can stand in an envelope and a header: name@host in ASCII, without quotes, blanks and line ends; at
/// most 254 bytes (RFC 5321 4.5.3.1.3).
[[nodiscard]] bool is_mail_address(std::string_view text);

/// The message (RFC 5322): subject and text of {"subject":..,"text":..}, or of what an alarm tells. errc::malformed for
/// any other payload.
[[nodiscard]] result<std::string> message_of(const parcel& what, const email_options& with);

/// What the end of a conversation means: 5xx is final (RFC 5321 4.2.1), but for what says that nobody may speak here.
[[nodiscard]] verdict judge_smtp(const client::transfer_outcome& came);

}  // namespace perigee::readers::delivery
