#pragma once
// The side of a machine in an attestation (docs/attestation.md): its keys in its TPM, and what the TPM says of them.

#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "io/tpm_device.hpp"
#include "wire/tpm/commands.hpp"

namespace perigee::client {

/// Owner of the keys that it loads: they are gone from the TPM when it goes, but for the one that persists. Blocks.
class tpm_identity {
 public:
  /// `at`: the persistent handle of the key for certificates and TLS, of the owner's; there is one from now on. One
  /// that is there is used. `random`: 32 bytes for one that is not. errc::malformed for a handle that is not the
  /// owner's; errc::exists where another kind of key is there.
  [[nodiscard]] static result<tpm_identity> open(std::unique_ptr<io::tpm_device> device, std::uint32_t at,
                                                 byte_view random);
  ~tpm_identity();
  tpm_identity(tpm_identity&& other) noexcept = default;
  tpm_identity& operator=(tpm_identity&&) = delete;

  /// The key for certificates and TLS (TPM2B_PUBLIC).
  [[nodiscard]] const byte_buffer& device_key() const { return device_key_; }

  /// What asks for a challenge.
  struct keys {
    byte_buffer endorsement_key{};   // TPM2B_PUBLIC
    byte_buffer endorsement_cert{};  // DER; empty where the TPM has none
    byte_buffer attestation_key{};   // TPM2B_PUBLIC
  };
  /// Makes the endorsement key and the attestation key, which a TPM makes the same each time.
  [[nodiscard]] result<keys> load_attestation_keys();

  /// What answers one.
  struct proof {
    byte_buffer secret{};
    wire::tpm::signed_attestation quote{};
    wire::tpm::signed_attestation certification{};
  };
  struct riddle {
    byte_view nonce;
    byte_view credential;        // TPM2B_ID_OBJECT
    byte_view encrypted_secret;  // TPM2B_ENCRYPTED_SECRET
    wire::tpm::pcr_selection pcrs{};
  };
  /// After load_attestation_keys.
  [[nodiscard]] result<proof> answer(const riddle& to, byte_view session_nonce);

 private:
  explicit tpm_identity(std::unique_ptr<io::tpm_device> device) : device_(std::move(device)) {}

  [[nodiscard]] result<> find_or_make_key(std::uint32_t at, byte_view random);
  [[nodiscard]] result<wire::tpm::created_key> create(wire::tpm::handle hierarchy, byte_view from);
  [[nodiscard]] result<byte_buffer> read_index(std::uint32_t index);
  [[nodiscard]] result<byte_buffer> activate(const riddle& to, byte_view session_nonce);
  void flush(wire::tpm::handle& loaded);

  std::unique_ptr<io::tpm_device> device_;
  wire::tpm::handle key_ = wire::tpm::handle::null;
  wire::tpm::handle endorsement_ = wire::tpm::handle::null;
  wire::tpm::handle attestation_ = wire::tpm::handle::null;
  byte_buffer device_key_;
};

}  // namespace perigee::client
