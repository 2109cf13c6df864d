#!/usr/bin/env bash
# A Debian 12 disk image with the packages of artifacts/deb installed, into artifacts/vm/: what a box has on its disk, and beside it,
# below /usr/lib/appliance-vm, what stands in for the box itself (chips, physics, a root shell on the serial line).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=tests/vm
vm=$PWD/artifacts/vm
mkdir -p "$vm"

# Debian without us changes seldom and takes minutes: kept until the list of packages here changes.
packages=linux-image-amd64,systemd-sysv,udev,kmod,dbus,i2c-tools,python3-minimal,openssl,libssl3,mosquitto,mosquitto-clients,iproute2,procps,passwd,ca-certificates,less,netbase,curl,e2fsprogs,sudo
stamp=$vm/base.$(sha256sum <<<"$packages" | cut -c1-12).tar
if [ ! -s "$stamp" ]; then
  rm -f "$vm"/base.*.tar
  mmdebstrap --quiet --format=tar --variant=minbase --include="$packages" --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    bookworm "$stamp.new" >&2 || { echo "image.sh: mmdebstrap made no Debian 12; it needs root, mounts and a mirror" >&2; exit 75; }
  mv "$stamp.new" "$stamp"
fi

root=$vm/root
rm -rf "$root"
mkdir "$root"
tar -C "$root" -xf "$stamp" --exclude='./dev/*'
cp -fL "$root/vmlinuz" "$vm/vmlinuz"
cp -fL "$root/initrd.img" "$vm/initrd"

# The machine around the product.
install -d "$root/usr/lib/appliance-vm" "$root/etc/systemd/network" "$root/root/debs" "$root/etc/systemd/system/serial-getty@ttyS0.service.d"
install -m 0755 "$here/chips.py" "$root/usr/lib/appliance-vm/chips.py"
install -m 0644 "$here"/units/* "$root/etc/systemd/system/"
echo box1 > "$root/etc/hostname"
printf '127.0.0.1 localhost box1\n' > "$root/etc/hosts"
printf '/dev/vda / ext4 defaults 0 1\n' > "$root/etc/fstab"
printf 'blacklist i2c_piix4\n' > "$root/etc/modprobe.d/appliance-vm.conf"
printf '[Match]\nName=en* eth*\n[Network]\nDHCP=ipv4\n' > "$root/etc/systemd/network/vm.network"
printf '[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --noclear --keep-baud 115200 %%I vt100\n' \
  > "$root/etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf"
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
trap 'umount "$root/dev" "$root/proc"' EXIT
chroot "$root" systemctl enable -q systemd-networkd vm-chips vm-twin vm-carry vm-panel.socket
chroot "$root" systemctl mask -q systemd-networkd-wait-online apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer

# The product, as apt would.
cp artifacts/deb/*.deb "$root/root/debs/"
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
chroot "$root" sh -c "DEBIAN_FRONTEND=noninteractive dpkg -i /root/debs/*_${version}_amd64.deb" > "$vm/install.log" 2>&1 || { cat "$vm/install.log" >&2; exit 1; }
sed -i 's/"hgx-h100-8"/"qemu-adt7470"/' "$root/etc/appliance/appliance.json"
umount "$root/dev" "$root/proc"
trap - EXIT

rm -f "$vm/disk.raw"
truncate -s 3G "$vm/disk.raw"
mkfs.ext4 -q -d "$root" "$vm/disk.raw"
rm -rf "$root"
