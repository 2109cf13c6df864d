#!/usr/bin/python3
"""In the guest: the twin's physics in the registers of real chips.

Two ADT7470 (duties, tachometers, two temperatures) and eight LM75-like sensors stand on the kernel's i2c-stub bus, and their real
drivers make the hwmon tree of it that the daemon drives. This program carries numbers between those registers and the tree of
`appliance twin`, five times a second: duties from the chips into the twin, what the twin makes of them back into the chips.
`chips.py watch` prints the duty registers, one line a second, each with the uptime; `chips.py duties` once.
"""
import array
import fcntl
import os
import struct
import sys
import time

BUS = "/dev/i2c-0"
I2C_SLAVE_FORCE, I2C_SMBUS = 0x0706, 0x0720  # forced: the chips' drivers hold their addresses
READ, WRITE, BYTE_DATA, WORD_DATA = 1, 0, 2, 3
FANS = [("fan%d" % (i + 1), 0x2C if i < 4 else 0x2E, i % 4) for i in range(6)]
PUMPS = [("pump%d" % (i + 1), 0x2E, i + 2) for i in range(2)]
# Where the twin's board has its rotors: chip and channel of packaging/boards/hgx-h100-8.json.
TWIN_ROTORS = {f"fan{i}": ("max31790", i) for i in range(1, 7)} | {f"pump{i}": ("emc2305", i) for i in (1, 2)}
TWIN_SENSORS = {  # address: (chip, attribute, factor to whole degrees)
    0x48: ("loop_ntc", "temp1", 0.001), 0x49: ("loop_ntc", "temp2", 0.001), 0x4A: ("loop_ntc", "temp3", 0.001),
    0x4B: ("loop_ntc", "temp4", 0.001), 0x4C: ("loop_ntc", "temp5", 0.001),
    0x4D: ("loop_flow", "fan1", 0.01), 0x4E: ("loop_flow", "fan2", 0.01), 0x4F: ("sht3x", "temp1", 0.001),
}
RUN = "/run/twin"


class Bus:
    def __init__(self):
        self.fd = os.open(BUS, os.O_RDWR)

    def _do(self, address, mode, register, size, value=0):
        fcntl.ioctl(self.fd, I2C_SLAVE_FORCE, address)
        data = array.array("H", [value] + [0] * 16)  # union i2c_smbus_data; by address, because Debian's small Python has no ctypes
        fcntl.ioctl(self.fd, I2C_SMBUS, struct.pack("@BBIP", mode, register, size, data.buffer_info()[0]))
        return data[0]

    def read(self, address, register):
        return self._do(address, READ, register, BYTE_DATA) & 0xFF

    def write(self, address, register, value):
        self._do(address, WRITE, register, BYTE_DATA, value)

    def write_word(self, address, register, value):
        self._do(address, WRITE, register, WORD_DATA, value)


def put_temperature(bus, address, degrees):
    raw = max(-32768, min(32767, round(degrees * 256))) & 0xFFF0
    bus.write_word(address, 0, (raw & 0xFF) << 8 | raw >> 8)  # high byte first on the wire


def put_tachometer(bus, address, channel, rpm):
    period = 0xFFFF if rpm < 90 else min(0xFFFE, round(5400000 / rpm))
    bus.write(address, 0x2A + 2 * channel, period & 0xFF)  # two registers to its driver, and to the stub
    bus.write(address, 0x2B + 2 * channel, period >> 8)


def duties(bus):
    return {name: bus.read(address, 0x32 + channel) for name, address, channel in FANS + PUMPS}


def folder(chip):
    home = f"{RUN}/sysfs/sys/class/hwmon"
    for number in os.listdir(home):
        with open(f"{home}/{number}/name") as file:
            if file.read().strip() == chip:
                return f"{home}/{number}"
    raise FileNotFoundError(chip)


def number(path):
    with open(path) as file:
        return int(file.read())


def plug_in(bus):
    """Registers as after power-on of a box whose firmware leaves the fans at a third, then the drivers."""
    for address in (0x2C, 0x2E):
        for register, value in ((0x3D, 0x70), (0x3E, 0x41), (0x3F, 0x02), (0x40, 0x01), (0x20, 45 if address == 0x2C else 100)):
            bus.write(address, register, value)
        for channel in range(4):
            bus.write(address, 0x32 + channel, 85)
            put_tachometer(bus, address, channel, 1700)
    for address in TWIN_SENSORS:
        put_temperature(bus, address, 8.0 if address in (0x4D, 0x4E) else 25.0)
    with open("/sys/bus/i2c/devices/i2c-0/new_device", "w", buffering=1) as new:
        for address in (0x2C, 0x2E):
            new.write(f"adt7470 0x{address:02x}\n")
        for address in TWIN_SENSORS:
            new.write(f"{'lm75' if address == 0x4F else 'tmp75'} 0x{address:02x}\n")


def carry(bus):
    # A machine without GPUs makes no heat that its loop could know of.
    with open(f"{RUN}/sysfs/twin/power_off", "r+") as file:
        file.write("1\n")
    rotors = {name: (folder(chip), channel) for name, (chip, channel) in TWIN_ROTORS.items()}
    sensors = {address: (f"{folder(chip)}/{attribute}_input", factor) for address, (chip, attribute, factor) in TWIN_SENSORS.items()}
    others = ((0x2C, f"{folder('sht3x')}/humidity1_input", 0.001), (0x2E, f"{folder('loop_flow')}/in1_input", 0.1))
    last, written = {}, 0.0
    while True:
        # Now and then without need: the twin's fan chips go to full when nobody writes them for five seconds, those of this board do not.
        again = time.monotonic() - written > 1
        written = time.monotonic() if again else written
        for name, duty in duties(bus).items():
            if again or last.get(name) != duty:
                home, channel = rotors[name]
                with open(f"{home}/pwm{channel}", "r+") as file:
                    file.write(f"{duty}\n")
                    file.truncate()
                last[name] = duty
        for name, address, channel in FANS + PUMPS:
            home, there = rotors[name]
            attempt(lambda: put_tachometer(bus, address, channel, number(f"{home}/fan{there}_input")))
        for address, (path, factor) in sensors.items():
            attempt(lambda: put_temperature(bus, address, number(path) * factor))
        for address, path, factor in others:
            attempt(lambda: bus.write(address, 0x20, max(0, min(127, round(number(path) * factor)))))
        time.sleep(0.2)


def attempt(work):
    try:
        work()
    except (ValueError, OSError):
        pass  # the twin is writing that file, or shows a dead sensor: the register keeps what it held


def main():
    bus = Bus()
    if sys.argv[1:] == ["plug-in"]:
        plug_in(bus)
    elif sys.argv[1:] == ["carry"]:
        carry(bus)
    else:
        while True:
            with open("/proc/uptime") as file:
                uptime = file.read().split()[0]
            print(uptime, *("%s=%d" % item for item in duties(bus).items()), flush=True)
            if sys.argv[1:] == ["duties"]:
                return
            time.sleep(0.25)


main()
