#pragma once

#include <array>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "crypto/token_key.hpp"
#include "io/detail/openssl.hpp"
#include "io/tls.hpp"

namespace perigee::io {

/// What a server staples: replaced while handshakes ask for it.
class staple_place {
 public:
  [[nodiscard]] std::shared_ptr<const byte_buffer> get() const {
    const std::lock_guard hold(lock_);
    return answer_;
  }
  void set(std::shared_ptr<const byte_buffer> answer) {
    const std::lock_guard hold(lock_);
    answer_ = std::move(answer);
  }

 private:
  mutable std::mutex lock_;
  std::shared_ptr<const byte_buffer> answer_;
};

/// What one reading of a configuration's files gave. Shared by the connections made from it, none of which changes it.
struct tls_setup {
  struct named {
    std::vector<std::string> names;
    certificate_ptr certificate;
    std::shared_ptr<EVP_PKEY> key;
    certificates_ptr chain;
  };

  ssl_context_ptr context;
  std::vector<named> others;  // a server's, by SNI
  std::string protocols;      // a server's ALPN list as it is on the wire
  identity_source identity = identity_source::common_name;
  std::shared_ptr<const chain_judge> judge;  // null: OpenSSL alone decides
  bool admits_lapsed = false;
  std::optional<crypto::token_key> token;  // its own, where that is in one
  certificate_ptr first;                   // a server's, shown where no other is asked for
  std::unique_ptr<staple_place> staple = std::make_unique<staple_place>();
  std::vector<tls_certificate_state> certificates;
  std::array<unsigned char, 32> fingerprint{};  // of all that was read
};

/// When the certificates of a server must be valid.
struct as_of {
  std::optional<timestamp> at{};  // none: whatever their times are
};

struct tls_client_choice {
  tls_files files;
  tls_client_options how;
  std::optional<as_of> time{};  // none: now
};

/// A sentence for a person, with the file's name.
template <class T>
using or_sentence = std::expected<T, std::string>;

/// `before`: what the same configuration gave last; null: nothing.
[[nodiscard]] or_sentence<std::shared_ptr<const tls_setup>> load_server(const tls_server_options& options,
                                                                        const tls_setup* before);
[[nodiscard]] or_sentence<std::shared_ptr<const tls_setup>> load_client(const tls_client_choice& choice,
                                                                        const tls_setup* before);

/// The context behind the public face: its options, and what they gave last.
class tls_state final : public tls_context {
 public:
  using options = std::variant<tls_server_options, tls_client_choice>;

  [[nodiscard]] static result<std::shared_ptr<tls_context>> open(options chosen);
  tls_state(options chosen, std::shared_ptr<const tls_setup> first)
      : options_(std::move(chosen)), current_(std::move(first)) {}

  [[nodiscard]] std::shared_ptr<const tls_setup> current() const;
  [[nodiscard]] std::expected<bool, std::string> reload() override;
  [[nodiscard]] std::vector<tls_certificate_state> certificates() const override;
  void staple(std::shared_ptr<const byte_buffer> answer) override;

 private:
  const options options_;
  mutable std::mutex lock_;  // guards current_, which a worker replaces
  std::shared_ptr<const tls_setup> current_;
};

}  // namespace perigee::io
