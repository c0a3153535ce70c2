#include "apps/mam_options.h"

#include "base/file.h"

namespace glucoledger::apps {

mam::Mode mam_mode_of(const std::string& name) {
  const auto mode = mam::mode_named(name);
  GL_ASSERT(mode);
  return *mode;
}

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

Result<mam::SecretTrytes> read_side_key(mam::Mode mode, const std::string& path) {
  const bool restricted = mode == mam::Mode::kRestricted;
  if (restricted == path.empty()) {
    return fail(ErrorCode::kUsage,
                restricted ? "restricted mode needs a side key" : "only restricted mode has a side key",
                restricted ? "give --side-key-file" : "leave --side-key-file out, or use --mode restricted");
  }
  if (!restricted) return mam::SecretTrytes::nines();
  GL_TRY(content, base::read_secret_file(path));
  return mam::SecretTrytes::from_text(content.text());
}

}  // namespace glucoledger::apps
