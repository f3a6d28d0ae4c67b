//! The sizes of a convolution on one batch.

use super::product::Runs;
use crate::Pool;

/// Rows of a product that share one pass over the weights.
const ROWS: usize = 256;

/// The sizes of a convolution on one batch. Images have their channels last.
#[derive(Debug, Clone)]
pub(crate) struct Geometry {
    pub(crate) images: usize,
    /// Height and width of the input.
    pub(crate) input: [usize; 2],
    /// Input channels of each group.
    pub(crate) channels: usize,
    pub(crate) groups: usize,
    /// Height and width of the kernel.
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: usize,
    pub(crate) padding: usize,
    /// Output channels of each group.
    pub(crate) outputs: usize,
    /// Height and width of the output before pooling.
    pub(crate) convolved: [usize; 2],
    pub(crate) relu: bool,
    pub(crate) pool: Option<Pool>,
    /// Height and width of the output.
    pub(crate) output: [usize; 2],
}

impl Geometry {
    /// The sizes of a convolution for an input `[batch, channels, height, width]` and weights `[out,
    /// channels / groups, height, width]`.
    ///
    /// # Panics
    /// When the shapes do not fit together.
    pub(crate) fn new(
        input: [usize; 4],
        weight: [usize; 4],
        (stride, padding, groups): (usize, usize, usize),
        (relu, pool): (bool, Option<Pool>),
    ) -> Self {
        let [images, channels, height, width] = input;
        let [outputs, in_group, kernel @ ..] = weight;
        assert!(stride > 0 && groups > 0, "stride {stride} and {groups} groups are not 0");
        assert!(weight.iter().all(|size| *size > 0), "weights {weight:?} are not empty");
        assert!(
            channels == in_group * groups && outputs.is_multiple_of(groups),
            "{groups} groups of weights {weight:?} do not fit an input {input:?}"
        );
        let positions = |side: usize, kernel: usize| {
            assert!(side + 2 * padding >= kernel, "{kernel} is larger than the input {side}");
            (side + 2 * padding - kernel) / stride + 1
        };
        let convolved = [positions(height, kernel[0]), positions(width, kernel[1])];
        let output = convolved.map(|side| match pool {
            Some(Pool { size, stride }) => {
                assert!(side >= size && size > 0 && stride > 0, "pooling {size} of {side}");
                (side - size) / stride + 1
            }
            None => side,
        });
        Self {
            images,
            input: [height, width],
            channels: channels / groups,
            groups,
            kernel,
            stride,
            padding,
            outputs: outputs / groups,
            convolved,
            relu,
            pool,
            output,
        }
    }

    /// Output pixels of an image before pooling.
    pub(crate) fn pixels(&self) -> usize {
        self.convolved[0] * self.convolved[1]
    }

    /// Values of an input image.
    pub(crate) fn input_size(&self) -> usize {
        self.input[0] * self.input[1] * self.channels * self.groups
    }

    /// Values of an output image.
    pub(crate) fn output_size(&self) -> usize {
        self.output[0] * self.output[1] * self.outputs * self.groups
    }

    /// Weights of one group.
    pub(crate) fn weights(&self) -> usize {
        self.outputs * self.fan_in()
    }

    /// Inputs of one output.
    pub(crate) fn fan_in(&self) -> usize {
        self.channels * self.kernel[0] * self.kernel[1]
    }

    /// Images whose weight gradients are summed before they are added to the others. It does not
    /// depend on the number of threads, so neither do the bits.
    pub(crate) fn unit(&self) -> usize {
        ROWS.div_ceil(self.pixels()).min(self.images.max(1))
    }

    /// For each value of a row, in the order (row, column, channel) of the runs: where its weight is
    /// among those of an output, in the order `[channels, height, width]`.
    pub(crate) fn sources(&self) -> Vec<usize> {
        let positions = self.kernel[0] * self.kernel[1];
        let of_position =
            |position| (0..self.channels).map(move |channel| channel * positions + position);
        (0..positions).flat_map(of_position).collect()
    }

    /// The same for the gradient of the input, in the order (row, column, output): the kernel is
    /// flipped, and the roles of channels and outputs are exchanged.
    pub(crate) fn flipped_sources(&self) -> Vec<usize> {
        let positions = self.kernel[0] * self.kernel[1];
        let of_position = |position| {
            (0..self.outputs).map(move |output| output * self.fan_in() + positions - 1 - position)
        };
        (0..positions).flat_map(of_position).collect()
    }

    /// Sizes of the input with its zero padding, for one group.
    pub(crate) fn padded(&self) -> Padded {
        let [height, width] = self.input.map(|side| side + 2 * self.padding);
        Padded { height, width, channels: self.channels }
    }

    /// Where the inputs of the output pixels of `images` images start in padded images.
    pub(crate) fn rows(&self, images: usize) -> Vec<usize> {
        self.padded().starts(images, self.convolved, self.stride)
    }

    /// The runs of the inputs of an output pixel.
    pub(crate) fn runs(&self) -> Runs {
        self.padded().runs(self.kernel)
    }
}

/// Images with zeros around them, channels last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Padded {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
}

impl Padded {
    /// Values of an image.
    pub(crate) fn size(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Where the windows start whose top left corners are `stride` pixels apart.
    pub(crate) fn starts(&self, images: usize, windows: [usize; 2], stride: usize) -> Vec<usize> {
        let [rows, columns] = windows;
        let mut starts = Vec::with_capacity(images * rows * columns);
        for image in 0..images {
            for row in 0..rows {
                for column in 0..columns {
                    let pixel = row * stride * self.width + column * stride;
                    starts.push(image * self.size() + pixel * self.channels);
                }
            }
        }
        starts
    }

    /// The runs of a window. Rows that touch are one run.
    pub(crate) fn runs(&self, [height, width]: [usize; 2]) -> Runs {
        if width == self.width {
            return Runs { distances: vec![0], run: height * width * self.channels };
        }
        let distances = (0..height).map(|row| row * self.width * self.channels).collect();
        Runs { distances, run: width * self.channels }
    }
}
