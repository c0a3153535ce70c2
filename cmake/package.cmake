# `make install` and `make package` (a .deb whose dependencies are read from the program itself).
include(GNUInstallDirs)
install(TARGETS glucoledger RUNTIME)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

install(FILES docs/operating-a-node.md docs/iri-api.md packaging/systemd/node.conf.example
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/systemd/glucoledger-node.service DESTINATION lib/systemd/system)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "the glucoledger developers")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS tzdata)
include(CPack)
