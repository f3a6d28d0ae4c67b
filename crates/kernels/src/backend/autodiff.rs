//! The gradients of the CPU's kernels.

use std::sync::Arc;

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::{Flex, FlexTensor};
use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;

use super::Kernels;
use super::flex::{
    LayerGeometry, channels_last, from_channels_last, layer_with_indices, shape, values,
};
use crate::cpu::backward::{LayerGradients, Saved, Wanted, backward};
use crate::cpu::local_response_norm;
use crate::cpu::pooling::Active;
use crate::{LayerOptions, LocalResponseNorm, SgdStep};

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn layer(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: LayerOptions,
    ) -> FloatTensor<Self> {
        let parents = [input.node(), weight.node(), bias.node()];
        let primitives = [input, weight, bias].map(|tensor| tensor.primitive().clone());
        let [input, weight, bias] = primitives;
        match LayerBackward.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let pooled = options.pool.is_some();
                let (output, indices) = layer_with_indices(&input, &weight, &bias, options, pooled);
                let state = LayerState {
                    input,
                    weight,
                    output: output.clone(),
                    indices: Arc::new(indices),
                    options,
                };
                prepared.finish(state, output)
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(Flex::layer(input, weight, bias, options))
            }
        }
    }

    fn local_response_norm(
        input: FloatTensor<Self>,
        options: LocalResponseNorm,
    ) -> FloatTensor<Self> {
        let parents = [input.node()];
        let input = input.into_primitive();
        let output = Flex::local_response_norm(input.clone(), options);
        match NormBackward.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((input, options), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn sgd_step(
        _weight: FloatTensor<Self>,
        _velocity: FloatTensor<Self>,
        _gradient: FloatTensor<Self>,
        _options: SgdStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        panic!("a step of the optimizer has no gradient; take the inner tensors")
    }
}

/// What the backward pass of a layer needs.
#[derive(Debug, Clone)]
struct LayerState {
    input: FlexTensor,
    weight: FlexTensor,
    output: FlexTensor,
    /// Empty without pooling.
    indices: Arc<Vec<u32>>,
    options: LayerOptions,
}

impl LayerState {
    /// The gradients of input, weights and biases, from that of the output.
    fn gradients(&self, output: &FlexTensor, wanted: Wanted) -> [Option<FlexTensor>; 3] {
        let shapes = (shape(&self.input), shape(&self.weight));
        let weight = values(&self.weight);
        let (found, is_channels_last) = match LayerGeometry::new(shapes.0, shapes.1, self.options) {
            LayerGeometry::Convolution(geometry) => {
                let outputs = channels_last(&self.output);
                let active = match (self.options.pool, self.options.relu) {
                    (Some(_), _) => Active::Indices(&self.indices),
                    (None, true) => Active::Outputs(&outputs),
                    (None, false) => Active::All,
                };
                let input = &channels_last(&self.input);
                let saved = Saved { input, weight: &weight, active };
                (backward(&geometry, &saved, &channels_last(output), wanted), true)
            }
            LayerGeometry::FullyConnected(layer) => {
                let (input, outputs) = (values(&self.input), values(&self.output));
                (layer.backward(&input, &weight, &outputs, &values(output), wanted), false)
            }
        };
        let LayerGradients { input, weight, bias } = found;
        let parameter = |values, shape| FlexTensor::from_data(TensorData::new(values, shape));
        [
            wanted.input.then(|| {
                if is_channels_last {
                    from_channels_last(input, shapes.0)
                } else {
                    parameter(input, shapes.0.to_vec())
                }
            }),
            wanted.parameters.then(|| parameter(weight, shapes.1.to_vec())),
            wanted.parameters.then(|| parameter(bias, vec![shapes.1[0]])),
        ]
    }
}

#[derive(Debug)]
struct LayerBackward;

impl Backward<Flex, 3> for LayerBackward {
    type State = LayerState;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let output = gradients.consume::<Flex>(&ops.node);
        let [input, weight, bias] = &ops.parents;
        let wanted =
            Wanted { input: input.is_some(), parameters: weight.is_some() || bias.is_some() };
        let found = ops.state.gradients(&output, wanted);
        for (parent, gradient) in ops.parents.iter().zip(found) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                gradients.register::<Flex>(parent.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct NormBackward;

impl Backward<Flex, 1> for NormBackward {
    type State = (FlexTensor, LocalResponseNorm);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let output = gradients.consume::<Flex>(&ops.node);
        let [Some(parent)] = ops.parents else { return };
        let (input, options) = ops.state;
        let [_, channels, ..] = shape(&input);
        let found = local_response_norm::backward(
            options,
            channels,
            &channels_last(&input),
            &channels_last(&output),
        );
        gradients.register::<Flex>(parent.id, from_channels_last(found, shape(&input)));
    }
}
