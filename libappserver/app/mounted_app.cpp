#include "app/mounted_app.h"

#include <cstddef>
#include <map>
#include <sys/mman.h>
#include <utility>

#include "app/elf_file.h"

namespace appserver::app {
namespace {

template <typename TextOf>
std::string listed(const std::vector<MountedSnapshot>& apps, TextOf text_of) {
  if (apps.size() == 1 && config::label_of(apps.front().mount) == "/") {
    return text_of(apps.front());
  }
  std::string text;
  for (const MountedSnapshot& each : apps) {
    text += (text.empty() ? "" : ", ") + config::label_of(each.mount) + "=" + text_of(each);
  }
  return text;
}

// Empty when it has none or cannot be read; it was parsed when the snapshot was taken.
std::string soname_of(const SnapshotFile& file) {
  void* const bytes = ::mmap(nullptr, file.size, PROT_READ, MAP_PRIVATE, file.fd.get(), 0);
  if (bytes == MAP_FAILED) {
    return {};
  }
  auto parsed = parse_elf({static_cast<const std::byte*>(bytes), file.size}, file.path);
  std::string soname = parsed ? std::move(parsed->soname) : std::string();
  ::munmap(bytes, file.size);
  return soname;
}

}  // namespace

std::string files_text(const std::vector<MountedSnapshot>& apps) {
  return listed(apps, [](const MountedSnapshot& each) { return each.snapshot.app.path; });
}

std::string build_ids_text(const std::vector<MountedSnapshot>& apps) {
  return listed(apps, [](const MountedSnapshot& each) { return each.snapshot.app.build_id; });
}

std::string said_of(const config::Mount& mount, std::size_t mounts, const std::string& text) {
  return mounts == 1 ? text : "mount " + config::label_of(mount) + ": " + text;
}

Result<Ok> check_libraries(const std::vector<MountedSnapshot>& apps) {
  if (apps.size() == 1) {
    return ok();
  }
  struct Owner {
    const MountedSnapshot* app;
    const SnapshotFile* file;
  };
  std::map<std::string, Owner> owners;
  for (const MountedSnapshot& each : apps) {
    for (const SnapshotFile& file : each.snapshot.libraries) {
      const std::string soname = soname_of(file);
      const auto [known, is_new] = owners.try_emplace(soname, Owner{&each, &file});
      const SnapshotFile& first = *known->second.file;
      if (!is_new && (first.size != file.size || first.digest != file.digest)) {
        return failure("mount " + config::label_of(each.mount) + " brings " + file.path +
                       ", and mount " + config::label_of(known->second.app->mount) + " brings " +
                       first.path + ", another build of the same library " + soname +
                       ": one process can have only one of them; build both apps with the same, "
                       "deploy both together by SIGHUP, or serve them by two servers");
      }
    }
  }
  return ok();
}

}  // namespace appserver::app
