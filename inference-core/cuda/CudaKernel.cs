namespace InferenceCore.Cuda;

/// <summary>One kernel of a module. It lives as long as the module.</summary>
internal sealed unsafe class CudaKernel
{
    private readonly CudaInterop _driver;
    private readonly nint _function;

    internal CudaKernel(CudaDevice device, string name, nint function)
    {
        _driver = device.Driver;
        _function = function;
        Name = name;
    }

    public string Name { get; }

    public int Registers => Attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS);

    /// <summary>Spilled registers and local arrays of a thread, in bytes.</summary>
    public int LocalBytes => Attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);

    public int Attribute(CUfunction_attribute attribute)
    {
        int value;
        _driver.Check("cuFuncGetAttribute", _driver.cuFuncGetAttribute(&value, attribute, _function), () => $"{Name}, {attribute}");
        return value;
    }

    public void Set(CUfunction_attribute attribute, int value) =>
        _driver.Check("cuFuncSetAttribute", _driver.cuFuncSetAttribute(_function, attribute, value), () => $"{Name}, {attribute} = {value}");

    /// <summary>Lets launches ask for up to so much dynamic shared memory; without it 48 KiB is the most.</summary>
    public CudaKernel WithShared(int bytes)
    {
        Set(CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes);
        return this;
    }

    /// <summary>Blocks of this kernel that one multiprocessor holds at once.</summary>
    public int BlocksPerMultiprocessor(int threads, int sharedBytes)
    {
        int blocks;
        _driver.Check("cuOccupancyMaxActiveBlocksPerMultiprocessor",
            _driver.cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, _function, threads, (nuint)sharedBytes), () => Name);
        return blocks;
    }

    /// <summary>Queues the kernel. Allocates nothing.</summary>
    /// <param name="stream">In which.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="programmatic">
    /// It may begin before the kernel in front of it has ended, and waits itself (<c>griddepcontrol.wait</c>) for what that one writes.
    /// </param>
    /// <param name="arguments">In the kernel's order.</param>
    public void Launch(CudaStream stream, Extent grid, Extent block, int sharedBytes, bool programmatic, in KernelArguments arguments)
    {
        var attributes = stackalloc CUlaunchAttribute[1];
        var config = new CUlaunchConfig
        {
            gridDimX = (uint)grid.X,
            gridDimY = (uint)grid.Y,
            gridDimZ = (uint)grid.Z,
            blockDimX = (uint)block.X,
            blockDimY = (uint)block.Y,
            blockDimZ = (uint)block.Z,
            sharedMemBytes = (uint)sharedBytes,
            hStream = stream.Handle,
            attrs = attributes,
        };
        if (programmatic)
        {
            attributes[config.numAttrs++] = new CUlaunchAttribute
            {
                id = CUlaunchAttributeID.CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION,
                programmaticStreamSerializationAllowed = 1,
            };
        }

        var pointers = stackalloc void*[arguments.Count];
        CudaResult result;
        fixed (byte* values = arguments)
        {
            arguments.Point(values, pointers);
            result = _driver.cuLaunchKernelEx(&config, _function, pointers, null);
        }

        if (result != CudaResult.Success)
            throw Refused(result, grid, block, sharedBytes);
    }

    // Apart, so that a launch that succeeds builds no text.
    private CudaException Refused(CudaResult result, Extent grid, Extent block, int sharedBytes) => _driver.Failure("cuLaunchKernelEx", result,
        $"{Name}, grid {grid.X}×{grid.Y}×{grid.Z}, block {block.X}×{block.Y}×{block.Z}, {sharedBytes} bytes of shared memory, {Registers} registers a thread");
}
