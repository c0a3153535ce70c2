// Any bytes as a capture of Bluetooth notifications, and as one notification.
#include "convert/gatt_cgm.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger::convert;
  (void)parse_gatt_measurement({data, size});
  ImportOptions options;
  options.default_time_zone = "Europe/Berlin";
  options.now_ms = 1'767'225'600'000;
  options.format = "bluetooth-cgm";
  (void)read_device_text({reinterpret_cast<const char*>(data), size}, options);
  return 0;
}
