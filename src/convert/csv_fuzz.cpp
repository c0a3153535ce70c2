// Any bytes as a device file of rows: each format by name, and by recognition.
#include <string_view>

#include "convert/device_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger::convert;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ImportOptions options;
  options.default_time_zone = "Europe/Berlin";
  options.now_ms = 1'767'225'600'000;
  (void)read_device_text(text, options);
  options.date_order = DateOrder::kDayMonthYear;
  for (const char* format : {"dexcom-clarity", "libreview", "xdrip", "csv"}) {
    options.format = format;
    (void)read_device_text(text, options);
  }
  return 0;
}
